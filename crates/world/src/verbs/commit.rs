//! The common end of update and patch: checks the new form of an object against the old one and stores it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::apply::managed;
use crate::verbs::{Call, admit, remove};
use crate::{Response, Status, meta};

/// Who keeps the books on field ownership.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// A plain write: changed fields become the writer's.
    Update,
    /// Server-side apply: `managedFields` of the new form are right already.
    Apply,
}

/// Metadata that the server sets; whatever a client sends there is overruled.
const SERVER_SET: [&str; 8] = [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
];

/// Stores `new` in the place of `live`.
pub(crate) fn commit(
    call: &mut Call<'_>,
    live: &Arc<Value>,
    mut new: Value,
    writer: Writer,
) -> Result<Response, Status> {
    preconditions(call, live, &new)?;
    keep_what_is_not_meant(call, live, &mut new)?;
    let mut warnings = Vec::new();
    admit::shape(call, &mut new, &mut warnings)?;
    admit::validate(call, Some(live), &new)?;
    if call.kind.has_generation() && is_new_generation(call, live, &new) {
        let generation = meta::number(live, &["metadata", "generation"]).unwrap_or(0) + 1;
        meta::set(&mut new, &["metadata", "generation"], json!(generation));
    }
    if writer == Writer::Update {
        managed::updated(call.request, &call.kind, live, &mut new, call.now);
    }
    // A write that changes nothing is no write: no version, no event.
    if managed::same_but_for_times(live, &new) {
        return Ok(Response { warnings, ..call.answer(200, live.clone()) });
    }
    let id = call.id();
    if remove::is_over(&id, &new) && !call.request.options.dry_run {
        // The last finalizer went: watchers see the object leave, not the write that let it go.
        let last = remove::forget(call.store, &id).unwrap_or_else(|| Arc::new(new));
        return Ok(Response { warnings, ..call.answer(200, last) });
    }
    let stored = call.write(&id, new);
    Ok(Response { warnings, ..call.answer(200, stored) })
}

fn preconditions(call: &Call<'_>, live: &Value, new: &Value) -> Result<(), Status> {
    let (group, plural, name) = (&*call.kind.group, &*call.kind.plural, meta::name(live));
    let (asked, uid) = (meta::uid(new), meta::uid(live));
    if !asked.is_empty() && asked != uid {
        let why = format!("Precondition failed: UID in precondition: {asked}, UID in object meta: {uid}");
        return Err(Status::conflict_because(group, plural, name, &why));
    }
    let asked = meta::text(new, &["metadata", "resourceVersion"]);
    if !asked.is_empty() && asked != meta::text(live, &["metadata", "resourceVersion"]) {
        return Err(Status::conflict(group, plural, name));
    }
    Ok(())
}

/// A write to `status` leaves all else as it is, a write to the object leaves its status.
fn keep_what_is_not_meant(call: &Call<'_>, live: &Arc<Value>, new: &mut Value) -> Result<(), Status> {
    let empty = Map::new();
    let old_metadata = live["metadata"].as_object().unwrap_or(&empty);
    match call.request.resource.subresource.as_str() {
        "status" if call.kind.status => {
            let status = new.get_mut("status").map(Value::take).unwrap_or_default();
            let managed = meta::at(new, &["metadata", "managedFields"]).cloned().unwrap_or_default();
            *new = Value::clone(live);
            meta::set(new, &["status"], status);
            meta::set(new, &["metadata", "managedFields"], managed);
            return Ok(());
        }
        "status" => return Err(Status::no_such_path()),
        _ if call.kind.status => meta::set(new, &["status"], live.get("status").cloned().unwrap_or_default()),
        _ => {}
    }
    let metadata = meta::map_at(new, &["metadata"]);
    for field in SERVER_SET.into_iter().chain(["resourceVersion"]) {
        match old_metadata.get(field) {
            Some(old) => drop(metadata.insert(field.to_owned(), old.clone())),
            None => drop(metadata.remove(field)),
        }
    }
    Ok(())
}

/// Whether something that somebody wants has changed, as against what is or what it is called.
fn is_new_generation(call: &Call<'_>, live: &Value, new: &Value) -> bool {
    if call.request.resource.subresource == "status" {
        return false;
    }
    let meant = |key: &str| key != "metadata" && !(call.kind.status && key == "status");
    let fields =
        |object: &Value| object.as_object().map_or(0, |map| map.keys().filter(|key| meant(key)).count());
    let kept = new.as_object().into_iter().flatten().filter(|(key, _)| meant(key));
    // A deployment hands its annotations down to its ReplicaSets, so they count as what is wanted of it.
    let annotations = |object: &Value| object["metadata"]["annotations"].clone();
    if &*call.kind.kind == "Deployment" && annotations(live) != annotations(new) {
        return true;
    }
    fields(live) != fields(new) || kept.into_iter().any(|(key, value)| live.get(key) != Some(value))
}
