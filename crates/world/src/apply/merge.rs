//! Putting an applied configuration into an object, and taking out what is no longer applied.

use serde_json::{Map, Value};

use super::fields::{Fields, field_step, item_step};
use crate::lists::{ListRule, Shape};

/// Puts `config` into `live`.
pub(crate) fn merge(live: &mut Value, config: &Value, shape: &Shape<'_>) {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) if !shape.is_atomic_map() => {
            for (name, value) in config {
                match live.get_mut(name) {
                    Some(old) => merge(old, value, &shape.field(name)),
                    None => drop(live.insert(name.clone(), value.clone())),
                }
            }
        }
        (Value::Array(live), Value::Array(config)) if shape.list() != ListRule::Atomic => {
            let rule = shape.list();
            for item in config {
                let step = item_step(&rule, item);
                match live.iter_mut().find(|old| item_step(&rule, old) == step) {
                    Some(old) => merge(old, item, &shape.item()),
                    None => live.push(item.clone()),
                }
            }
        }
        (live, config) => *live = config.clone(),
    }
}

/// Takes the fields of `gone` out of `value`, except for what somebody else holds. Tells whether `value` itself is to
/// go.
pub(crate) fn strip(value: &mut Value, gone: &Fields, held: Option<&Fields>) -> bool {
    let nobody_holds = held.is_none();
    match value {
        Value::Object(map) => {
            strip_fields(map, gone, held, &[]);
            nobody_holds && (map.is_empty() || gone.owns_this())
        }
        Value::Array(items) => {
            for (step, gone) in gone.steps() {
                let held = held.and_then(|held| held.below(step));
                items.retain_mut(|item| !is_at(step, item) || !strip_item(item, step, gone, held));
            }
            nobody_holds && (items.is_empty() || gone.owns_this())
        }
        _ => nobody_holds && gone.owns_this(),
    }
}

fn strip_fields(map: &mut Map<String, Value>, gone: &Fields, held: Option<&Fields>, keys: &[String]) {
    for (step, gone) in gone.steps() {
        let Some(name) = step.strip_prefix("f:") else { continue };
        if keys.iter().any(|key| key == name) {
            continue;
        }
        let held = held.and_then(|held| held.below(&field_step(name)));
        if map.get_mut(name).is_some_and(|value| strip(value, gone, held)) {
            map.remove(name);
        }
    }
}

/// An item that somebody else has a part in stays, and keeps the fields that name it.
fn strip_item(item: &mut Value, step: &str, gone: &Fields, held: Option<&Fields>) -> bool {
    if held.is_none() && gone.owns_this() {
        return true;
    }
    if let Value::Object(map) = item {
        let keys: Vec<String> = step_keys(step).keys().cloned().collect();
        strip_fields(map, gone, held, &keys);
    }
    false
}

fn is_at(step: &str, item: &Value) -> bool {
    if let Some(value) = step.strip_prefix("v:") {
        return serde_json::from_str::<Value>(value).is_ok_and(|value| *item == value);
    }
    step.starts_with("k:") && step_keys(step).iter().all(|(key, value)| item.get(key) == Some(value))
}

fn step_keys(step: &str) -> Map<String, Value> {
    step.strip_prefix("k:").and_then(|keys| serde_json::from_str(keys).ok()).unwrap_or_default()
}
