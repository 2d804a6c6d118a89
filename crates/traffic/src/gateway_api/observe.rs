//! Whether a route does what its rules say.

use serde_json::Value;

use super::{defaults::filled, rules::live};

/// Whether `route` has these rules and its parents stand behind them.
pub(super) fn holds(route: &Value, wanted: &[Value]) -> bool {
    let generation = route.pointer("/metadata/generation").and_then(Value::as_i64);
    let parents = route.pointer("/status/parents").and_then(Value::as_array);
    filled(live(route)) == filled(wanted)
        && parents.into_iter().flatten().all(|parent| stands_behind(parent, generation))
}

/// A parent must have accepted this generation; references that it says are unresolved get errors, not traffic.
fn stands_behind(parent: &Value, generation: Option<i64>) -> bool {
    let conditions = parent.get("conditions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let holds = |kind: &str| {
        let condition = conditions.iter().find(|condition| text(condition, "type") == kind)?;
        let observed = condition.get("observedGeneration").and_then(Value::as_i64);
        let fresh = observed.is_none() || generation.is_none() || observed >= generation;
        Some(fresh && text(condition, "status") == "True")
    };
    holds("Accepted") == Some(true) && holds("ResolvedRefs") != Some(false)
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}
