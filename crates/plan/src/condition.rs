//! What a metric's conditions make of what its provider can answer.

use std::collections::BTreeMap;

use crd::{AnalysisPhase, Metric};
use expr::{Timestamp, Value, Verdict};
use rollout::analysis::Outcome;
use serde_json::Value as Json;

use crate::promql;

/// What `result` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of numbers.
    Numbers,
    /// One number.
    Number,
    /// It depends on what was asked.
    Unknown,
}

/// The provider's name, as written.
pub fn provider(metric: &Metric) -> &str {
    metric.provider.keys().next().map_or("", String::as_str)
}

/// The text of the query, where the provider has one.
pub fn query(metric: &Metric) -> Option<&str> {
    metric.provider.values().next()?.get("query")?.as_str()
}

/// What `result` is in the conditions of a metric (spec analysis-04).
pub fn shape(metric: &Metric) -> Shape {
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
pub type Arguments = BTreeMap<String, String>;

/// The text with `{{args.x}}` replaced; an argument without a known value becomes `0.5`, a number and a text.
pub fn resolved(text: &str, arguments: &Arguments) -> String {
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
pub fn placeholders(text: &str) -> Vec<String> {
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
pub fn verdict(metric: &Metric, arguments: &Arguments, value: &Value) -> Verdict {
    let success = resolved(&metric.success_condition, arguments);
    let failure = resolved(&metric.failure_condition, arguments);
    expr::judge(value, &success, &failure, Timestamp::UNIX_EPOCH)
}

/// A value that a provider of this shape gives on an ordinary day.
pub fn ordinary(shape: Shape) -> Option<Value> {
    match shape {
        Shape::Numbers => Some(Value::floats([0.5])),
        Shape::Number => Some(Value::Float(0.5)),
        Shape::Unknown => None,
    }
}

/// A number with which the metric is satisfied, as its provider would give it; `None` when no simple one is.
///
/// The arguments must be in place.
pub fn satisfying(metric: &Metric) -> Option<Value> {
    let numbers = [0.0, 1.0, 0.5, 100.0, 0.99, 0.001, 10.0, 1_000.0, 0.01, 0.1, 1e6, -1.0];
    let lists = numbers.iter().map(|number| Value::floats([*number]));
    let single = numbers.iter().map(|number| Value::Float(*number));
    let candidates: Vec<Value> = match shape(metric) {
        Shape::Numbers => lists.collect(),
        Shape::Number => single.collect(),
        Shape::Unknown => single.chain(lists).collect(),
    };
    let none = Arguments::new();
    candidates.into_iter().find(|value| verdict(metric, &none, value) == Verdict::Successful)
}

/// Metric systems that say of everything what satisfies its conditions, and of a comparison that both are alike.
pub fn healthy_metrics() -> sim::MetricsFn {
    std::sync::Arc::new(|asked: &sim::Asked<'_>| match satisfying(asked.metric) {
        Some(value) if asked.part.is_none() => Outcome::Value(value),
        _ => Outcome::Verdict(AnalysisPhase::Successful, String::new()),
    })
}
