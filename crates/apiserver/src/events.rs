//! Events of the group `events.k8s.io`: the same objects as the core group's, with other names for some fields.
//!
//! They are stored once, as the core group has them, so that `kubectl describe` finds what newer recorders write.

use serde_json::Value;
use world::{Body, Options, Resource};

/// The group in which the fields have their newer names.
pub(crate) const GROUP: &str = "events.k8s.io";

/// Names in the core group, and in the newer one. All other fields are called the same.
const NAMES: [(&str, &str); 7] = [
    ("count", "deprecatedCount"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("involvedObject", "regarding"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
];

/// Turns a request to the newer group into one to the core group; whether it was one.
pub(crate) fn to_core(resource: &mut Resource, options: &mut Options, body: &mut Option<Body>) -> bool {
    if resource.group != GROUP {
        return false;
    }
    resource.group.clear();
    options.field_selector = options.field_selector.replace("regarding.", "involvedObject.");
    match body {
        Some(Body::Patch(world::PatchType::Json, Value::Array(operations))) => {
            operations.iter_mut().for_each(rename_path);
        }
        Some(Body::Object(object) | Body::Patch(_, object)) => {
            rename(object, |(core, newer)| (newer, core), "v1");
        }
        None => {}
    }
    true
}

/// An answer of the core group, an event or a list of them, as the newer group says it.
pub(crate) fn from_core(answer: &mut Value) {
    if let Some(items) = answer.get_mut("items").and_then(Value::as_array_mut) {
        for item in items {
            rename(item, |pair| pair, "events.k8s.io/v1");
        }
    }
    if answer["kind"] == "Event" || answer["kind"] == "EventList" {
        rename(answer, |pair| pair, "events.k8s.io/v1");
    }
}

fn rename(
    object: &mut Value,
    direct: fn((&'static str, &'static str)) -> (&'static str, &'static str),
    version: &str,
) {
    let Value::Object(fields) = object else { return };
    // Options of a deletion are no event.
    if fields.get("kind").is_some_and(|kind| kind == "DeleteOptions") {
        return;
    }
    for (from, to) in NAMES.map(direct) {
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
    if let Some(stated) = fields.get_mut("apiVersion") {
        *stated = version.into();
    }
}

fn rename_path(operation: &mut Value) {
    for name in ["path", "from"] {
        let Some(path) = operation.get(name).and_then(Value::as_str) else { continue };
        let (first, rest) =
            path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        let Some((core, _)) = NAMES.iter().find(|(_, newer)| *newer == first) else { continue };
        let renamed = if rest.is_empty() { format!("/{core}") } else { format!("/{core}/{rest}") };
        operation[name] = renamed.into();
    }
}
