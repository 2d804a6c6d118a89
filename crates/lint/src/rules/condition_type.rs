//! Conditions that cannot be evaluated for what the provider answers.

use crate::analyses::{self, MetricView};
use crate::bundle::Bundle;
use crate::finding::Edit;
use crate::rule::{Sink, draft};
use crate::scalar;
use crd::Metric;
use crd::yaml::Position;
use expr::Verdict;
use plan::condition::{self, Shape};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in analyses::metrics(bundle) {
        let Some(metric) = view.metric() else { continue };
        let shape = condition::shape(metric);
        let Some(value) = condition::ordinary(shape) else { continue };
        for field in ["successCondition", "failureCondition"] {
            let alone = alone(metric, field);
            let text =
                if field == "successCondition" { &alone.success_condition } else { &alone.failure_condition };
            if text.is_empty() {
                continue;
            }
            let Verdict::Error(error) = condition::verdict(&alone, &view.defaults(), &value) else {
                continue;
            };
            let provider = condition::provider(metric);
            let is = if shape == Shape::Numbers { "a list of numbers" } else { "one number" };
            let place = error.at.and_then(|at| place(&view, field, text, at, bundle));
            // What stands in the place of an argument moves what is behind it.
            let words = error.at.filter(|_| place.is_none()).map_or(String::new(), |at| {
                format!(" ({})", scalar::told(&condition::resolved(text, &view.defaults()), at))
            });
            let message = format!(
                "`{text}` cannot be evaluated: {provider} answers with {is}, and the engine says `{}`{words}. Every \
                 measurement is an Error; five in a row abort the release, whatever the version is like",
                error.message
            );
            let one = match mended(text).filter(|_| shape == Shape::Numbers) {
                Some(mended) => {
                    let remedy = format!("write `{mended}`, and say what no data means (rule no-data)");
                    edit(&view, field, text, draft(message, remedy), bundle)
                }
                None => draft(message, "change the condition so that it fits the answer"),
            };
            let (object, pointer) = (view.template.object, view.pointer(field));
            let place = place.unwrap_or_else(|| object.document.position_of(&pointer));
            sink.inside(object, &pointer, place, one);
        }
    }
}

/// Where the engine stumbles, in the file: what an editor jumps to.
fn place(view: &MetricView<'_>, field: &str, text: &str, at: usize, bundle: &Bundle) -> Option<Position> {
    let object = view.template.object;
    let key = object.document.position_of(&view.pointer(field));
    let line = bundle.sources.get(object.source)?.line(key.line);
    // With an argument in it, the text that is compiled is another than the one that is written.
    scalar::inside(line, key, text, at).filter(|_| !text.contains("{{"))
}

/// The metric with one of its conditions.
fn alone(metric: &Metric, field: &str) -> Metric {
    let mut metric = metric.clone();
    if field == "successCondition" {
        metric.failure_condition.clear();
    } else {
        metric.success_condition.clear();
    }
    metric
}

/// `result < x` with the first number of the list in the place of the list.
fn mended(text: &str) -> Option<String> {
    let rest = text.trim_start().strip_prefix("result")?;
    let operator = rest.trim_start();
    let compares = ["<", ">", "==", "!="].iter().any(|sign| operator.starts_with(sign));
    (compares && text.matches("result").count() == 1).then(|| text.replacen("result", "result[0]", 1))
}

fn edit(
    view: &MetricView<'_>,
    field: &str,
    text: &str,
    one: crate::rule::Draft,
    bundle: &Bundle,
) -> crate::rule::Draft {
    let object = view.template.object;
    let at = object.document.position_of(&view.pointer(field));
    let Some(source) = bundle.sources.get(object.source) else { return one };
    let line = source.line(at.line);
    let Some(byte) = line.find(text) else { return one };
    let start = line.get(..byte).unwrap_or_default().chars().count();
    let lead = text.chars().count() - text.trim_start().chars().count();
    let column = start + lead + "result".len() + 1;
    one.fix(Edit { line: at.line, column, remove: 0, insert: "[0]".to_owned() })
}
