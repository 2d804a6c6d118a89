//! What the analyses of a release can see.

use std::collections::BTreeMap;
use std::time::Duration;

use crd::{AnalysisRun, AnalysisTemplate, Metric, Rollout, RolloutAnalysis};
use rollout::analysis::{RUNS_KEPT, is_dry_run};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use sim::Stage;

use crate::chain::{Asked, Chain, Chains};
use crate::compared::{Compared, Comparison, asked, compared, lengths, until_the_pass};
use crate::condition::Arguments;
use crate::judged::{Judged, What, judged};
use crate::planned::{Assumptions, Step};
use crate::power::{Test, abort_probability, detectable};

/// How likely a regression must be found for it to count as detectable.
const POWER: f64 = 0.8;

/// What one metric of one analysis can see.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricPlan {
    /// The step, from 0; `None` beside the steps.
    pub step: Option<usize>,
    /// Name of the template.
    pub template: String,
    /// Name of the metric; `METRIC/NAME` for one of those that a comparison judges together.
    pub metric: String,
    /// Whether it only looks on: a dry run aborts nothing.
    pub dry_run: bool,
    /// What is counted; `None` when it cannot be told from the query, and then nothing below is known.
    pub counts: Option<What>,
    /// The share from which a measurement fails, from 0 to 1.
    pub limit: Option<f64>,
    /// How many measurements there are.
    pub measurements: Option<u32>,
    /// Requests of the canary that one measurement looks at.
    pub requests: Option<f64>,
    /// The smallest share of bad requests that aborts the release in four of five cases (nine of ten for a comparison),
    /// from 0 to 1; `None` also when there is none.
    pub detectable: Option<f64>,
    /// The chance that a healthy version is aborted by it, from 0 to 1; for a comparison, what it promises at most.
    pub false_abort: Option<f64>,
    /// Of a metric that `aviary/compare` judges: how long it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// The step, from 0, that made the same comparison first, if this one goes on with its evidence: `false_abort` is
    /// then that of both together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goes_on_from: Option<usize>,
}

/// A metric where it is used.
pub(crate) struct Used {
    chain: Chain,
    /// Which analysis of the Rollout it is in.
    number: usize,
    step: Option<usize>,
    template: String,
    metric: Metric,
    dry_run: bool,
    arguments: Arguments,
}

/// Every metric that the Rollout has measured, in order.
pub(crate) fn metrics(manifests: &[Value], rollout: &Rollout, namespace: &str) -> Vec<Used> {
    let canary = rollout.canary();
    let background = canary
        .iter()
        .filter_map(|canary| Some((Chain::Background, None, &canary.analysis.as_ref()?.analysis)));
    let steps = canary.iter().flat_map(|canary| canary.steps.iter().enumerate());
    let inline = steps.filter_map(|(index, step)| Some((Chain::Steps, Some(index), step.analysis.as_ref()?)));
    let beside = rollout.blue_green().into_iter().flat_map(|strategy| {
        let before = strategy.pre_promotion_analysis.iter().map(|before| (Stage::Before, before));
        before.chain(strategy.post_promotion_analysis.iter().map(|after| (Stage::After, after)))
    });
    let beside = beside.map(|(stage, analysis)| (Chain::BlueGreen, Some(stage.index()), analysis));
    let mut used = Vec::new();
    for (number, (chain, step, analysis)) in background.chain(inline).chain(beside).enumerate() {
        let templates: Vec<(&str, AnalysisTemplate)> = analysis
            .templates
            .iter()
            .filter_map(|reference| {
                let name = reference.template_name.as_str();
                Some((name, template(manifests, name, reference.cluster_scope, namespace)?))
            })
            .collect();
        let looks_on = AnalysisRun {
            spec: crd::AnalysisRunSpec { dry_run: dry_runs(&templates, analysis), ..Default::default() },
            ..Default::default()
        };
        for (name, template) in &templates {
            let arguments = arguments(template, analysis);
            for metric in &template.spec.metrics {
                used.push(Used {
                    chain,
                    number,
                    step,
                    template: (*name).to_owned(),
                    metric: metric.clone(),
                    dry_run: is_dry_run(&looks_on, &metric.name),
                    arguments: arguments.clone(),
                });
            }
        }
    }
    used
}

fn template(manifests: &[Value], name: &str, cluster: bool, namespace: &str) -> Option<AnalysisTemplate> {
    let kind = if cluster { "ClusterAnalysisTemplate" } else { "AnalysisTemplate" };
    let text = |object: &Value, pointer: &str| {
        object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let found = manifests.iter().find(|object| {
        let written = text(object, "/metadata/namespace");
        text(object, "/kind") == kind
            && text(object, "/metadata/name") == name
            && (cluster || written.is_empty() || written == namespace)
    });
    AnalysisTemplate::deserialize(found?).ok()
}

fn arguments(template: &AnalysisTemplate, analysis: &RolloutAnalysis) -> Arguments {
    let defaults = template.spec.args.iter().filter_map(|arg| Some((arg.name.clone(), arg.value.clone()?)));
    let given = analysis.args.iter().filter(|arg| !arg.value.is_empty());
    defaults.chain(given.map(|arg| (arg.name.clone(), arg.value.clone()))).collect()
}

/// Rules of all templates of an analysis, which one run has together, and of where they are used.
fn dry_runs(templates: &[(&str, AnalysisTemplate)], analysis: &RolloutAnalysis) -> Vec<crd::DryRun> {
    let own = templates.iter().flat_map(|(_, template)| &template.spec.dry_run);
    own.chain(&analysis.dry_run).cloned().collect()
}

/// What the metrics can see in this release, a row for each that a comparison judges; none for a step that was not
/// reached.
pub(crate) fn plan(
    used: &[Used],
    rollout: &Rollout,
    steps: &[Step],
    assumptions: &Assumptions,
) -> Vec<MetricPlan> {
    let limit = rollout.spec.analysis.as_ref().and_then(|limits| limits.successful_run_history_limit);
    let mut chains = Chains::new(usize::try_from(limit.unwrap_or(RUNS_KEPT)).unwrap_or_default());
    used.iter().flat_map(|used| of(used, &mut chains, steps, assumptions)).collect()
}

/// The chance that a healthy version is aborted by any of them. Comparisons that go on from one another spend theirs
/// once.
pub(crate) fn false_abort(metrics: &[MetricPlan]) -> f64 {
    let mut healthy = 1.0;
    let mut once: BTreeMap<(Option<usize>, &str), f64> = BTreeMap::new();
    for metric in metrics.iter().filter(|metric| !metric.dry_run) {
        let chance = metric.false_abort.unwrap_or(0.0);
        if metric.comparison.is_some() {
            let spent = once.entry((metric.goes_on_from.or(metric.step), &metric.metric)).or_default();
            *spent = spent.max(chance);
        } else {
            healthy *= 1.0 - chance;
        }
    }
    1.0 - once.values().fold(healthy, |healthy, chance| healthy * (1.0 - chance))
}

fn of(used: &Used, chains: &mut Chains, steps: &[Step], assumptions: &Assumptions) -> Vec<MetricPlan> {
    let own: Vec<&Step> = match used.step {
        Some(index) => steps.iter().filter(|step| step.index == index).collect(),
        None => steps.iter().collect(),
    };
    if own.is_empty() {
        return Vec::new();
    }
    let Some(config) = asked(&used.metric, &used.arguments) else {
        return limited(used, steps, assumptions).into_iter().collect();
    };
    let seen = lengths(&config, &own, used.step.is_some());
    let asked = Asked { chain: used.chain, number: used.number, metric: &used.metric.name, config: &config };
    let before = chains.before(asked);
    let found = compared(&config, before.map_or(&[], |before| &before.seen), &seen, assumptions);
    let goes_on_from = before.and_then(|before| before.first);
    let left = until_the_pass(&config, &found, &seen);
    chains.leave(asked, used.step, left);
    found.into_iter().map(|one| MetricPlan { goes_on_from, ..beside_stable(used, one) }).collect()
}

/// A row of which nothing is known yet.
fn unknown(used: &Used) -> MetricPlan {
    MetricPlan {
        step: used.step,
        template: used.template.clone(),
        metric: used.metric.name.clone(),
        dry_run: used.dry_run,
        counts: None,
        limit: None,
        measurements: None,
        requests: None,
        detectable: None,
        false_abort: None,
        comparison: None,
        goes_on_from: None,
    }
}

fn beside_stable(used: &Used, one: Compared) -> MetricPlan {
    MetricPlan {
        metric: format!("{}/{}", used.metric.name, one.name),
        counts: one.counts,
        measurements: one.windows,
        requests: one.window_requests,
        detectable: one.detectable,
        false_abort: one.false_abort,
        comparison: one.comparison,
        ..unknown(used)
    }
}

/// A metric with a limit; `None` for a step that was not reached.
fn limited(used: &Used, steps: &[Step], assumptions: &Assumptions) -> Option<MetricPlan> {
    let mut plan = unknown(used);
    let Some(judged) = judged(&used.metric, &used.arguments) else { return Some(plan) };
    // A background analysis sees every weight; it is reckoned with the first, where it sees least.
    let (share, length) = match used.step {
        Some(index) => {
            let step = steps.iter().find(|step| step.index == index)?;
            (step.share, step.seconds)
        }
        None => {
            let first = steps.iter().find(|step| step.share > 0.0)?;
            (first.share, steps.iter().map(|step| step.seconds).sum())
        }
    };
    let test = test(&judged, share * assumptions.rate, Duration::from_secs(length));
    let healthy = match judged.what {
        What::Errors | What::Worse => assumptions.error_ratio,
        What::SlowerThan(_) | What::SlowerThanStable => assumptions.slow_ratio,
    };
    plan.counts = Some(judged.what);
    plan.limit = Some(judged.limit);
    plan.measurements = Some(test.measurements);
    plan.requests = Some(test.requests * f64::from(test.stretches));
    plan.detectable = detectable(&test, POWER);
    plan.false_abort = Some(if test.requests < 1.0 { 0.0 } else { abort_probability(&test, healthy) });
    Some(plan)
}

/// The series of measurements with this many requests of the canary per second.
fn test(judged: &Judged, rate: f64, length: Duration) -> Test {
    let window = judged.window.as_secs_f64();
    let interval = judged.interval.as_secs_f64();
    // Windows that overlap share their stretches; ones that do not are one stretch each.
    let (stretch, stretches) = if interval > 0.0 && interval < window {
        (interval, (window / interval).round().max(1.0) as u32)
    } else {
        (window, 1)
    };
    let by_time = if interval > 0.0 { (length.as_secs_f64() / interval) as u32 + 1 } else { 1 };
    Test {
        requests: rate * stretch,
        stretches,
        measurements: judged.count.unwrap_or(by_time).max(1),
        limit: judged.limit,
        failure_limit: judged.failure_limit,
    }
}
