//! What `aviary/compare` is asked to judge.

mod release;

use crate::analyses::{self, MetricView};
use crate::bundle::Bundle;
use crate::finding::Severity;
use crate::rule::{Sink, draft};
use rollout::analysis::comparison;
use serde_json::Value;

const CONFIGURATION: &str = "/provider/plugin/aviary~1compare";

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in analyses::metrics(bundle) {
        let Some(found) = view.metric().and_then(comparison) else { continue };
        let pointer = view.pointer(CONFIGURATION.trim_start_matches('/'));
        match found {
            Ok(config) => {
                for warning in config.warnings() {
                    let (what, remedy) = warning.rsplit_once("; ").unwrap_or((&warning, "change it"));
                    sink.at(view.template.object, &pointer, draft(what.to_owned(), remedy));
                }
            }
            Err(_) if waits_for_arguments(&view) => {}
            Err(why) => {
                let message =
                    format!("{why}. Every measurement is an Error; five in a row abort the release");
                let one = draft(
                    message,
                    "correct it; the page of this rule has an example, crates/judge/README.md every setting",
                );
                sink.at(view.template.object, &pointer, one.severity(Severity::Error));
            }
        }
    }
    release::check(bundle, sink);
}

/// Whether a setting comes with the arguments of a run. Queries and the metric system's own settings may have them:
/// nobody reads those here.
fn waits_for_arguments(view: &MetricView<'_>) -> bool {
    let written = view.template.object.value().pointer(&view.pointer(CONFIGURATION.trim_start_matches('/')));
    let mut own = written.cloned().unwrap_or_default();
    for metric in own.get_mut("metrics").and_then(Value::as_array_mut).into_iter().flatten() {
        for (_, arm) in metric.as_object_mut().into_iter().flatten().filter(|(name, _)| is_arm(name)) {
            *arm = Value::Null;
        }
    }
    for (_, system) in own.get_mut("source").and_then(Value::as_object_mut).into_iter().flatten() {
        if system.is_object() {
            *system = Value::Null;
        }
    }
    own.to_string().contains("{{")
}

fn is_arm(name: &str) -> bool {
    ["canary", "stable"].contains(&name)
}
