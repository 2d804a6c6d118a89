//! RFC 7386: maps merge, null removes, everything else replaces.

use serde_json::Value;

use crate::meta::as_map;

/// Changes `target` as `patch` says. Only what the patch names is copied.
pub(crate) fn apply(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    let target = as_map(target);
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            apply(target.entry(key.as_str()).or_insert(Value::Null), value);
        }
    }
}
