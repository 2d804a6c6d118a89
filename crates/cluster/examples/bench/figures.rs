//! Figures as the report has them.

use serde_json::{Value, json};

/// The middle, and what one in a hundred exceeds.
pub(crate) fn percentiles(sorted: &[f64]) -> Value {
    let at =
        |share: f64| sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1)));
    json!({"p50": at(0.5).copied().map(f64::round), "p99": at(0.99).copied().map(f64::round)})
}

/// Two decimals.
pub(crate) fn round(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

/// How busy the machine is.
pub(crate) fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}

/// Adds the fields of `more` to `to`, deeply.
pub(crate) fn merge(to: &mut Value, more: Value) {
    match (to, more) {
        (Value::Object(to), Value::Object(more)) => {
            for (name, value) in more {
                merge(to.entry(name).or_insert(Value::Null), value);
            }
        }
        (to, more) => *to = more,
    }
}
