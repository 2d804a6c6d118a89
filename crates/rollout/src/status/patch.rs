//! The difference of two statuses as a merge patch.

use crd::RolloutStatus;
use serde_json::{Map, Value, json};

/// The merge patch (RFC 7386) that turns a Rollout with status `old` into one with status `new`; `None` when they are
/// the same. Removed fields become `null`, lists are replaced whole.
///
/// ```
/// use crd::RolloutStatus;
/// let old = RolloutStatus { abort: true, message: "stuck".into(), ..RolloutStatus::default() };
/// let new = RolloutStatus { message: "stuck".into(), ..RolloutStatus::default() };
/// let patch = serde_json::json!({"status": {"abort": null}});
/// assert_eq!(aviary_rollout::status_patch(&old, &new), Some(patch));
/// assert_eq!(aviary_rollout::status_patch(&new, &new), None);
/// ```
pub fn status_patch(old: &RolloutStatus, new: &RolloutStatus) -> Option<Value> {
    let value = |status| serde_json::to_value(status).unwrap_or_default();
    difference(&value(old), &value(new)).map(|status| json!({"status": status}))
}

/// The merge patch that turns `old` into `new`; `None` when they are equal.
pub(crate) fn difference(old: &Value, new: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return (old != new).then(|| new.clone());
    };
    let mut patch = Map::new();
    for (key, value) in new {
        let changed = old.get(key).map_or_else(|| Some(value.clone()), |old| difference(old, value));
        patch.extend(changed.map(|changed| (key.clone(), changed)));
    }
    let gone = old.keys().filter(|key| !new.contains_key(*key));
    patch.extend(gone.map(|key| (key.clone(), Value::Null)));
    (!patch.is_empty()).then_some(Value::Object(patch))
}
