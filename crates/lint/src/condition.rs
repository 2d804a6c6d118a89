//! What a metric's conditions make of what its provider can answer.

use std::collections::BTreeMap;

use crd::Metric;
use expr::{Timestamp, Value, Verdict};
use serde_json::Value as Json;

use crate::promql;

/// What `result` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A list of numbers.
    Numbers,
    /// One number.
    Number,
    /// It depends on what was asked.
    Unknown,
}

/// The provider's name, as written.
pub(crate) fn provider(metric: &Metric) -> &str {
    metric.provider.keys().next().map_or("", String::as_str)
}

/// The text of the query, where the provider has one.
pub(crate) fn query(metric: &Metric) -> Option<&str> {
    metric.provider.values().next()?.get("query")?.as_str()
}

/// What `result` is in the conditions of a metric (spec analysis-04).
pub(crate) fn shape(metric: &Metric) -> Shape {
    let config = metric.provider.values().next().unwrap_or(&Json::Null);
    match provider(metric) {
        "prometheus" if config.get("rangeQuery").is_some() => Shape::Numbers,
        "prometheus" => match query(metric) {
            Some(query) if promql::read(query).scalar => Shape::Number,
            _ => Shape::Numbers,
        },
        "graphite" => Shape::Numbers,
        "datadog" => Shape::Number,
        _ => Shape::Unknown,
    }
}

/// Values by the names of the arguments.
pub(crate) type Arguments = BTreeMap<String, String>;

/// The text with `{{args.x}}` replaced; an argument without a known value becomes `0.5`, a number and a text.
pub(crate) fn resolved(text: &str, arguments: &Arguments) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        plain.push_str(before);
        let Some((inside, tail)) = after.split_once("}}") else {
            plain.push_str("{{");
            rest = after;
            continue;
        };
        let name = inside.trim().strip_prefix("args.").unwrap_or_default();
        plain.push_str(arguments.get(name).map_or("0.5", String::as_str));
        rest = tail;
    }
    plain.push_str(rest);
    plain
}

/// The names in `{{args.x}}`, each once, in order.
pub(crate) fn placeholders(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in text.split("{{").skip(1) {
        let inside = part.split("}}").next().unwrap_or_default().trim();
        if let Some(name) = inside.strip_prefix("args.")
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// What the conditions say to a value, whatever the shape of the rest.
pub(crate) fn verdict(metric: &Metric, arguments: &Arguments, value: &Value) -> Verdict {
    let success = resolved(&metric.success_condition, arguments);
    let failure = resolved(&metric.failure_condition, arguments);
    expr::judge(value, &success, &failure, Timestamp::UNIX_EPOCH)
}

/// A value that a provider of this shape gives on an ordinary day.
pub(crate) fn ordinary(shape: Shape) -> Option<Value> {
    match shape {
        Shape::Numbers => Some(Value::floats([0.5])),
        Shape::Number => Some(Value::Float(0.5)),
        Shape::Unknown => None,
    }
}
