//! What `aviary/compare` is asked to judge.

mod release;

use crate::analyses::{self, MetricView};
use crate::bundle::Bundle;
use crate::finding::Severity;
use crate::rule::{Sink, draft};
use judge::{Config, Error, Source};
use rollout::analysis::comparison;

const CONFIGURATION: &str = "provider/plugin/aviary~1compare";
/// What Aviary's own plugins are called.
const NAMESPACE: &str = "aviary/";
/// Those that measure.
const PLUGINS: [&str; 1] = ["aviary/compare"];

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in analyses::metrics(bundle) {
        misnamed(&view, sink);
        let Some(found) = view.metric().and_then(comparison) else { continue };
        let (object, pointer) = (view.template.object, view.pointer(CONFIGURATION));
        ignored(&view, sink);
        match found {
            Ok(config) => {
                for warning in config.warnings() {
                    let pointer = format!("{pointer}{}", warning.field.pointer());
                    sink.at(object, &pointer, draft(warning.what, warning.remedy));
                }
                with_itself(&view, &config, sink);
            }
            Err(mistakes) => {
                for mistake in &mistakes {
                    let place = format!("{pointer}{}", mistake.field().pointer());
                    if waits_for_arguments(mistake, &place) {
                        continue;
                    }
                    let message = format!(
                        "{}. Every measurement is an Error; five in a row abort the release",
                        mistake.problem()
                    );
                    sink.at(object, &place, draft(message, mistake.remedy()).severity(Severity::Error));
                }
            }
        }
    }
    release::check(bundle, sink);
}

/// Whether a setting, or its name, comes with the arguments of a run, which nobody knows here.
fn waits_for_arguments(mistake: &Error, pointer: &str) -> bool {
    let value = match mistake {
        Error::Unreadable { value, .. } | Error::Refused { value, .. } => value.as_str(),
        Error::Missing { .. } | Error::Unknown { .. } => "",
    };
    pointer.contains("{{") || value.contains("{{")
}

/// A name among ours that is none of ours: no other program can have been meant.
fn misnamed(view: &MetricView<'_>, sink: &mut Sink<'_>) {
    let plugins = view.metric().and_then(|metric| metric.provider.get("plugin")?.as_object());
    for name in plugins.into_iter().flat_map(|plugins| plugins.keys()) {
        if !name.starts_with(NAMESPACE) || PLUGINS.contains(&name.as_str()) {
            continue;
        }
        let message = format!(
            "Aviary has no metric plugin `{name}`: unless the controller is configured with a program of that name, every \
             measurement is an Error, and five in a row abort the release"
        );
        let remedy = match crd::nearest(name, PLUGINS) {
            Some(near) => format!("write `{near}`"),
            None => format!("write {}, or give a plugin of your own another namespace", PLUGINS.join(", ")),
        };
        let pointer =
            view.pointer(&format!("provider/plugin/{}", name.replace('~', "~0").replace('/', "~1")));
        sink.at(view.template.object, &pointer, draft(message, remedy).severity(Severity::Error));
    }
}

/// The judge has a verdict, and asks no condition for it.
fn ignored(view: &MetricView<'_>, sink: &mut Sink<'_>) {
    let Some(metric) = view.metric() else { return };
    for (field, condition) in
        [("successCondition", &metric.success_condition), ("failureCondition", &metric.failure_condition)]
    {
        if !condition.is_empty() {
            let message =
                format!("the verdict of `aviary/compare` is the judge's: `{field}` is not looked at");
            let remedy =
                "take it out; what is tolerated is said by `failAbove` and `passBelow` of each metric";
            sink.at(view.template.object, &view.pointer(field), draft(message, remedy));
        }
    }
}

/// Queries that ask the same of both arms: their answers never differ, whatever the canary does.
fn with_itself(view: &MetricView<'_>, config: &Config, sink: &mut Sink<'_>) {
    for (index, metric) in config.metrics.iter().enumerate() {
        let (Some(canary), Some(stable)) = (&metric.canary, &metric.stable) else { continue };
        let same = queries(canary)
            .into_iter()
            .zip(queries(stable))
            .filter_map(|((name, one), (_, other))| (words(one?) == words(other?)).then_some(name));
        let same: Vec<&str> = same.collect();
        let Some(first) = same.first() else { continue };
        let (why, severity) = told(&same);
        let message = format!(
            "canary and stable of `{}` are asked the same {}: {why}",
            metric.name,
            same.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and "),
        );
        let remedy = "let each query ask for one version, such as `{hash=\"{{args.canary}}\"}` and \
                      `{hash=\"{{args.stable}}\"}`";
        let pointer = view.pointer(&format!("{CONFIGURATION}/metrics/{index}/stable/{first}"));
        sink.at(view.template.object, &pointer, draft(message, remedy).severity(severity));
    }
}

/// What comes of the same queries, and how bad it is: of the same exposure (time, for one) two versions may well have
/// another number of events.
pub(super) fn told(same: &[&str]) -> (&'static str, Severity) {
    if same.iter().all(|name| ["total", "exposure"].contains(name)) {
        return ("it is right only where both really have as much", Severity::Warning);
    }
    ("what is compared with itself is never worse", Severity::Error)
}

fn queries(source: &Source) -> [(&'static str, Option<&str>); 6] {
    [
        ("bad", source.bad.as_deref()),
        ("total", source.total.as_deref()),
        ("count", source.count.as_deref()),
        ("exposure", source.exposure.as_deref()),
        ("buckets", source.buckets.as_deref()),
        ("value", source.value.as_deref()),
    ]
}

/// A query, however it is broken into lines.
fn words(query: &str) -> Vec<&str> {
    query.split_whitespace().collect()
}
