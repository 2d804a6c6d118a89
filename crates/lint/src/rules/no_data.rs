//! What a metric makes of a canary that nobody has called.

use crate::analyses::{self, MetricView};
use crate::bundle::Bundle;
use crate::finding::Severity;
use crate::rule::{Draft, Sink, draft};
use crd::{IntOrString, Metric};
use expr::{Value, Verdict};
use plan::condition::{self, Shape};
use plan::promql;

const REMEDY: &str = "say what no data means, in both conditions: `len(result) > 0 && !isNaN(result[0]) && result[0] < \
                      ...`, with an `inconclusiveLimit` for as long as it may last";

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in analyses::metrics(bundle) {
        let Some(metric) = view.metric() else { continue };
        if condition::provider(metric) != "prometheus" {
            continue;
        }
        let found = answers(metric).into_iter().find_map(|answer| consequence(&view, metric, &answer));
        if let Some(one) = found {
            let pointer = view.first_of(&["successCondition", "failureCondition"]);
            sink.at(view.template.object, &pointer, one);
        }
    }
}

/// An answer without data.
struct Answer {
    value: Value,
    said: &'static str,
}

/// What Prometheus answers to the query when the canary has had no request.
fn answers(metric: &Metric) -> Vec<Answer> {
    let query = promql::read(condition::query(metric).unwrap_or_default());
    // A comparison that cannot be evaluated is another rule's; here it is read as it was meant.
    let list = condition::shape(metric) == Shape::Numbers && evaluates(metric, &Value::floats([0.5]));
    let mut answers = Vec::new();
    if query.divides || query.quantile {
        let said = if query.divides { "0 / 0 is NaN" } else { "a quantile of nothing is NaN" };
        let value = if list { Value::floats([f64::NAN]) } else { Value::Float(f64::NAN) };
        answers.push(Answer { value, said });
    }
    if list && !query.fallback {
        answers.push(Answer { value: Value::floats([]), said: "the list is empty" });
    }
    answers
}

fn evaluates(metric: &Metric, value: &Value) -> bool {
    !matches!(condition::verdict(metric, &condition::Arguments::new(), value), Verdict::Error(_))
}

fn consequence(view: &MetricView<'_>, metric: &Metric, answer: &Answer) -> Option<Draft> {
    let said = answer.said;
    let limit = |limit: &Option<IntOrString>| match limit {
        Some(IntOrString::Int(number)) => *number,
        _ => 0,
    };
    match condition::verdict(metric, &view.defaults(), &answer.value) {
        Verdict::Successful => Some(
            draft(
                format!(
                    "without traffic {said}, and that is Successful: a canary that nobody called is promoted"
                ),
                REMEDY,
            )
            .severity(Severity::Error),
        ),
        Verdict::Inconclusive if limit(&metric.inconclusive_limit) == 0 => Some(draft(
            format!(
                "without traffic {said}, and that is Inconclusive: the first quiet moment pauses the release until \
                 somebody promotes or aborts it by hand"
            ),
            REMEDY,
        )),
        Verdict::Failed if limit(&metric.failure_limit) == 0 => Some(draft(
            format!("without traffic {said}, and that is Failed: the first quiet moment aborts the release"),
            REMEDY,
        )),
        Verdict::Error(_) => Some(draft(
            format!(
                "without traffic {said}, and that is an Error: five quiet moments in a row abort the release"
            ),
            REMEDY,
        )),
        _ => None,
    }
}
