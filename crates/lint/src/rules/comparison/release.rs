//! What the comparisons of one release do together: evidence goes on from step to step, and nowhere else.

use crd::{AnalysisRun, AnalysisRunSpec, Metric};
use judge::{Config, Evidence};
use plan::condition::{Arguments, placeholders, resolved};
use rollout::analysis::{comparison, is_dry_run};

use crate::analyses::{self, Use};
use crate::bundle::{Bundle, RolloutView, TemplateView};
use crate::rule::{Sink, draft};

use super::{queries, told, words};

/// A comparison that judges by itself, and where it stands first.
struct Judge {
    place: &'static str,
    metric: String,
    /// What is asked, with what the arguments are that it names.
    question: String,
    pointer: String,
    false_aborts: f64,
}

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.rollouts() {
        let mut judges: Vec<Judge> = Vec::new();
        let mut steps = 0;
        let uses = analyses::uses(&view);
        for one in &uses {
            let templates: Vec<TemplateView<'_>> = one
                .templates
                .iter()
                .filter_map(|reference| analyses::resolve(bundle, view.object, reference))
                .collect();
            for template in &templates {
                for (index, metric) in template.template.spec.metrics.iter().enumerate() {
                    let Some(Ok(config)) = comparison(metric) else { continue };
                    if one.awaited {
                        steps += 1;
                    } else {
                        in_the_background(&view, template, index, &config, sink);
                    }
                    same_for_both(&view, one, &config, sink);
                    let place = if one.awaited { "the steps" } else { "the background" };
                    let question = question(metric, one);
                    let known = judges
                        .iter()
                        .any(|it| it.place == place && it.metric == metric.name && it.question == question);
                    if !known && !looks_on(one, &templates, &metric.name) {
                        judges.push(Judge {
                            place,
                            question,
                            metric: metric.name.clone(),
                            pointer: one.pointer.clone(),
                            false_aborts: config.false_aborts,
                        });
                    }
                }
            }
        }
        apart(&view, &judges, sink);
        if steps > 1 {
            forgotten(&view, uses.iter().filter(|one| one.awaited).count(), sink);
        }
    }
}

/// Queries that differ as they are written, and not with what the Rollout gives for the arguments in them.
fn same_for_both(view: &RolloutView<'_>, one: &Use<'_>, config: &Config, sink: &mut Sink<'_>) {
    let args = one.analysis.args.iter();
    let given: Arguments = args
        .map(|arg| {
            (arg.name.clone(), serde_json::to_string(&(&arg.value, &arg.value_from)).unwrap_or_default())
        })
        .collect();
    let known = |query: &str| placeholders(query).iter().all(|name| given.contains_key(name));
    for metric in &config.metrics {
        let (Some(canary), Some(stable)) = (&metric.canary, &metric.stable) else { continue };
        let mut pairs = queries(canary).into_iter().zip(queries(stable));
        let same = pairs.find_map(|((name, one), (_, other))| {
            let (one, other) = (one?, other?);
            let same = known(one) && known(other) && resolved(one, &given) == resolved(other, &given);
            (same && words(one) != words(other)).then_some(name)
        });
        let Some(name) = same else { continue };
        let (why, severity) = told(&[name]);
        let message = format!(
            "with these arguments `{name}` asks the same of canary and stable of `{}`: {why}",
            metric.name
        );
        let remedy = "give one argument `podTemplateHashValue: Latest`, the other `Stable`";
        sink.at(view.object, &format!("{}/args", one.pointer), draft(message, remedy).severity(severity));
    }
}

/// What a step goes on with is in the AnalysisRun of a step before.
fn forgotten(view: &RolloutView<'_>, analyses: usize, sink: &mut Sink<'_>) {
    let Some(limits) = &view.rollout.spec.analysis else { return };
    for (field, limit) in [
        ("successfulRunHistoryLimit", limits.successful_run_history_limit),
        ("unsuccessfulRunHistoryLimit", limits.unsuccessful_run_history_limit),
    ] {
        let Some(limit) = limit.filter(|limit| usize::try_from(*limit).is_ok_and(|limit| limit < analyses))
        else {
            continue;
        };
        let message = format!(
            "{limit} AnalysisRuns of {analyses} are kept, and what a comparison knows is in its run: where that is \
             deleted, the next one begins anew, and may abort `falseAborts` of good releases again"
        );
        let remedy = format!("set `{field}` to {analyses} or more; 5 are kept if it is left out");
        sink.at(view.object, &format!("/spec/analysis/{field}"), draft(message, remedy));
    }
}

/// The comparison as it is written, and what the Rollout gives for the arguments in it.
fn question(metric: &Metric, one: &Use<'_>) -> String {
    let written = serde_json::to_string(&metric.provider).unwrap_or_default();
    let named = one.analysis.args.iter().filter(|arg| written.contains(&format!("args.{}", arg.name)));
    let given: Vec<String> = named.map(|arg| serde_json::to_string(arg).unwrap_or_default()).collect();
    written + &given.concat()
}

/// Whether the metric is dry run there, as the controller would say of the run.
fn looks_on(one: &Use<'_>, templates: &[TemplateView<'_>], metric: &str) -> bool {
    let own = templates.iter().flat_map(|template| &template.template.spec.dry_run);
    let rules = own.chain(&one.analysis.dry_run);
    let spec = AnalysisRunSpec { dry_run: rules.cloned().collect(), ..Default::default() };
    is_dry_run(&AnalysisRun { spec, ..Default::default() }, metric)
}

/// Each keeps its own promise, and only its own.
fn apart(view: &RolloutView<'_>, judges: &[Judge], sink: &mut Sink<'_>) {
    let [_, other, ..] = judges else { return };
    let names: Vec<String> = judges.iter().map(|it| format!("`{}` in {}", it.metric, it.place)).collect();
    let all: f64 = judges.iter().map(|it| it.false_aborts).sum();
    let message = format!(
        "{} judge the release each by itself: together they may abort {} % of good releases",
        names.join(" and "),
        (all * 1e4).round() / 1e2,
    );
    let remedy = "make one `aviary/compare` of them, or divide `falseAborts` among them";
    sink.at(view.object, &other.pointer, draft(message, remedy));
}

fn in_the_background(
    view: &RolloutView<'_>,
    template: &TemplateView<'_>,
    index: usize,
    config: &Config,
    sink: &mut Sink<'_>,
) {
    let Some(metric) = template.template.spec.metrics.get(index) else { return };
    let title = view.object.title();
    let pointer = format!("/spec/metrics/{index}");
    if metric.interval.is_empty() {
        let message = format!(
            "in the background of {title} the first pass of `{}` is its last word: later weights are not compared",
            metric.name
        );
        let remedy = "set `interval`, such as `interval: 10s`: it then looks on until the release is over";
        sink.at(template.object, &pointer, draft(message, remedy));
    }
    if config.metrics.iter().any(|it| it.evidence == Evidence::Step) {
        let message = format!(
            "in the background of {title} nobody tells `{}` that the weight changed: `evidence: step` is `release` there",
            metric.name
        );
        sink.at(template.object, &pointer, draft(message, "compare in a step, or leave `evidence` out"));
    }
}
