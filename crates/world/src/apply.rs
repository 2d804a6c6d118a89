//! Server-side apply: every field has owners, and nobody overwrites another's field unasked.

mod fields;
pub(crate) mod managed;
mod merge;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kinds::Kind;
use crate::status::FieldError;
use crate::{Request, Status, meta};
use fields::Fields;
use managed::{Entry, Operation};

/// Refuses what cannot be applied at all.
pub(crate) fn check(request: &Request, config: &Value) -> Result<(), Status> {
    if request.options.field_manager.is_empty() {
        let error = FieldError::required("fieldManager", "is required for apply patch");
        return Err(Status::invalid("meta.k8s.io", "PatchOptions", "", &[error]));
    }
    if !meta::items(config, &["metadata", "managedFields"]).is_empty() {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    let (given, url) = (meta::name(config), &request.resource.name);
    if !given.is_empty() && given != url {
        return Err(Status::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({url})"
        )));
    }
    Ok(())
}

/// The object that results from applying `config` to `live`, with its new `managedFields`.
pub(crate) fn apply(
    request: &Request,
    kind: &Kind,
    live: &Value,
    config: &Value,
    now: Timestamp,
) -> Result<Value, Status> {
    let shape = managed::shape(kind);
    let config = managed::without_server_set(request, kind, config);
    let mut entries = managed::read(live);
    if entries.is_empty() {
        entries.push(managed::before_first_apply(kind, live, now));
    }
    let applied = Fields::of(&config, &shape);
    let mut merged = live.clone();
    merge::merge(&mut merged, &config, &shape);
    let (changed, _) = Fields::changes(live, &merged, &shape);

    let mine = |entry: &Entry| {
        entry.operation == Operation::Apply
            && entry.manager == request.options.field_manager
            && entry.subresource == request.resource.subresource
    };
    let (own, mut others): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(mine);
    take_over(&mut others, &changed, request.options.force)?;

    let before = own.into_iter().next().map(|entry| entry.fields).unwrap_or_default();
    let held = others.iter().fold(Fields::default(), |all, entry| all.union(&entry.fields));
    merge::strip(&mut merged, &before.difference(&applied), Some(&held));

    others.push(Entry {
        manager: request.options.field_manager.clone(),
        operation: Operation::Apply,
        api_version: kind.api_version(),
        time: meta::stamp(now),
        subresource: request.resource.subresource.clone(),
        fields: applied,
    });
    managed::write(&mut merged, others);
    Ok(merged)
}

/// Takes the changed fields from their owners; 409 when that is not forced.
fn take_over(others: &mut Vec<Entry>, changed: &Fields, force: bool) -> Result<(), Status> {
    let mut conflicts: Vec<(String, Vec<String>)> = Vec::new();
    for entry in others.iter_mut() {
        let contested = entry.fields.intersection(changed);
        if !contested.is_empty() {
            conflicts.push((entry.to_string(), contested.paths()));
            entry.fields = entry.fields.difference(&contested);
        }
    }
    if !conflicts.is_empty() && !force {
        return Err(conflict(&conflicts));
    }
    others.retain(|entry| !entry.fields.is_empty());
    Ok(())
}

fn conflict(conflicts: &[(String, Vec<String>)]) -> Status {
    let count: usize = conflicts.iter().map(|(_, paths)| paths.len()).sum();
    let message = match conflicts {
        [(manager, paths)] if count == 1 => {
            format!("Apply failed with 1 conflict: conflict with {manager}: {}", paths.concat())
        }
        _ => {
            let mut lines = Vec::new();
            for (manager, paths) in conflicts {
                lines.push(format!("conflicts with {manager}:"));
                lines.extend(paths.iter().map(|path| format!("- {path}")));
            }
            format!("Apply failed with {count} conflicts: {}", lines.join("\n"))
        }
    };
    let causes: Vec<Value> = conflicts
        .iter()
        .flat_map(|(manager, paths)| paths.iter().map(move |path| (manager, path)))
        .map(|(manager, path)| {
            json!({"reason": "FieldManagerConflict", "message": format!("conflict with {manager}"), "field": path})
        })
        .collect();
    Status { details: json!({"causes": causes}), ..Status::new(409, "Conflict", message) }
}
