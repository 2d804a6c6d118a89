//! Reading and writing the common parts of an object, which here is JSON.
//!
//! Typed structs would be safer, but every write would pay for a round trip and unknown fields would be lost.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The value at `path`, if every step of it is there.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| value.get(step))
}

/// The value at `path`, to change; nothing is made where nothing is.
pub(crate) fn at_mut<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| value.get_mut(*step))
}

/// The text at `path`; empty when there is none.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

/// The whole number at `path`.
pub(crate) fn number(value: &Value, path: &[&str]) -> Option<i64> {
    at(value, path).and_then(Value::as_i64)
}

/// The items of the list at `path`; none when there is no list.
pub(crate) fn items<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The map at `path`, made where it is missing.
pub(crate) fn map_at<'a>(value: &'a mut Value, path: &[&str]) -> &'a mut Map<String, Value> {
    let mut here = as_map(value);
    for step in path {
        here = as_map(here.entry(*step).or_insert(Value::Null));
    }
    here
}

/// Sets the value at `path`; removes it when `new` is null.
pub(crate) fn set(value: &mut Value, path: &[&str], new: Value) {
    let Some((last, parents)) = path.split_last() else {
        *value = new;
        return;
    };
    if new.is_null() {
        let mut here = value;
        for step in parents {
            let Some(next) = here.get_mut(step) else { return };
            here = next;
        }
        if let Value::Object(map) = here {
            map.remove(*last);
        }
    } else {
        map_at(value, parents).insert((*last).to_owned(), new);
    }
}

/// Sets the value at `path` unless something is there already.
pub(crate) fn default(value: &mut Value, path: &[&str], new: impl Into<Value>) {
    if at(value, path).is_none_or(Value::is_null) {
        set(value, path, new.into());
    }
}

/// The map that `value` is; whatever else it was is replaced by an empty one.
pub(crate) fn as_map(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        // Made an object two lines up.
        _ => unreachable!("the value is an object"),
    }
}

/// `metadata.name`
pub(crate) fn name(object: &Value) -> &str {
    text(object, &["metadata", "name"])
}

/// `metadata.namespace`
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, &["metadata", "namespace"])
}

/// `metadata.uid`
pub(crate) fn uid(object: &Value) -> &str {
    text(object, &["metadata", "uid"])
}

/// Whether the object waits for its end.
pub(crate) fn is_deleting(object: &Value) -> bool {
    at(object, &["metadata", "deletionTimestamp"]).is_some()
}

/// The owner reference that controls the object.
pub(crate) fn controller(object: &Value) -> Option<&Value> {
    items(object, &["metadata", "ownerReferences"]).iter().find(|owner| owner["controller"] == true)
}

/// Whether some of the finalizers is `name`.
pub(crate) fn has_finalizer(object: &Value, name: &str) -> bool {
    items(object, &["metadata", "finalizers"]).iter().any(|finalizer| finalizer == name)
}

/// The time at `path`, if there is one.
pub(crate) fn time(object: &Value, path: &[&str]) -> Option<Timestamp> {
    text(object, path).parse().ok()
}

/// A moment as Kubernetes writes it: whole seconds, UTC.
pub(crate) fn stamp(now: Timestamp) -> String {
    crd::Time::from(now).to_string()
}

/// An owner reference that makes `owner` the controller.
pub(crate) fn controlled_by(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": name(owner), "uid": uid(owner),
        "controller": true, "blockOwnerDeletion": true,
    })
}
