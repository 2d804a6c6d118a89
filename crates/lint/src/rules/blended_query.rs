//! Queries that mix the canary with all other pods.

use crate::analyses;
use crate::bundle::Bundle;
use crate::finding::Severity;
use crate::rule::{Sink, draft};
use crate::rules::replica_weights::percent;
use plan::condition;
use plan::promql::{self, Query};

/// Part of a label's name that tells versions apart.
const VERSION_LABELS: [&str; 5] = ["hash", "version", "revision", "canary", "subset"];
/// What stable is taken to fail with when the example is reckoned.
const STABLE_RATIO: f64 = 0.001;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in analyses::metrics(bundle) {
        let Some(metric) = view.metric() else { continue };
        if condition::provider(metric) != "prometheus" {
            continue;
        }
        let query = promql::read(condition::query(metric).unwrap_or_default());
        if query.selectors.is_empty() || tells_apart(&query) {
            continue;
        }
        let uses = analyses::uses_of(bundle, &view.template);
        let first = uses.iter().find_map(|one| Some((one.weight.filter(|w| (1..100).contains(w))?, one)));
        let example = first.map(|(weight, one)| {
            let mut arguments = view.defaults();
            arguments.extend(one.arguments.clone());
            let threshold = threshold(&condition::resolved(&metric.success_condition, &arguments));
            example(weight, threshold)
        });
        let message = format!(
            "the query reads all pods together, canary and stable: {}",
            example.unwrap_or_else(|| "a bad canary hides behind the others".to_owned())
        );
        let remedy = "narrow every selector to one version, such as \
                      `rollouts_pod_template_hash=\"{{args.canary-hash}}\"`, and give the argument \
                      `valueFrom: {podTemplateHashValue: Latest}`";
        let severity = if uses.is_empty() { Severity::Warning } else { Severity::Error };
        let pointer = view.pointer("provider/prometheus/query");
        sink.at(view.template.object, &pointer, draft(message, remedy).severity(severity));
    }
}

/// Whether some label of the query distinguishes versions.
fn tells_apart(query: &Query) -> bool {
    query.selectors.iter().any(|selector| {
        let label = selector.labels().any(|label| VERSION_LABELS.iter().any(|part| label.contains(part)));
        label || selector.has_argument()
    })
}

/// The number behind the comparison.
fn threshold(condition: &str) -> Option<f64> {
    let number = condition.rsplit(['<', '>', '=']).next()?.trim();
    number.parse().ok().filter(|number| (0.0..1.0).contains(number))
}

fn example(weight: i32, threshold: Option<f64>) -> String {
    let share = f64::from(weight) / 100.0;
    match threshold {
        Some(threshold) => {
            let needed = (threshold - (1.0 - share) * STABLE_RATIO) / share;
            if needed >= 1.0 {
                format!("at {weight} % a canary that fails every request does not reach {threshold}")
            } else {
                format!(
                    "at {weight} % the canary must fail {} % of its requests before the whole reaches {} %",
                    percent(needed * 100.0),
                    percent(threshold * 100.0)
                )
            }
        }
        None => format!("at {weight} % what the canary does is diluted {}-fold", percent(1.0 / share)),
    }
}
