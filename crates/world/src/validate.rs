//! The rules of built-in kinds that people run into; the server has many more.

mod names;
mod workloads;

use serde_json::Value;

use crate::kinds::Kind;
use crate::meta;
use crate::status::FieldError;

/// Checks the name and the labels.
pub(crate) fn metadata(kind: &Kind, object: &Value) -> Vec<FieldError> {
    let name = meta::name(object);
    let mut errors = Vec::new();
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else if let Some(why) = names::wrong_name(kind, name) {
        errors.push(FieldError::invalid("metadata.name", &name.into(), &why));
    }
    for (key, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
        if let Some(why) = names::wrong_label_value(value) {
            errors.push(FieldError::invalid("metadata.labels", value, &why));
        }
        if key.is_empty() {
            errors.push(FieldError::invalid(
                "metadata.labels",
                &key.as_str().into(),
                "name part must be non-empty",
            ));
        }
    }
    errors
}

/// Checks the spec of a built-in kind, and that what may not change has not.
pub(crate) fn built_in(kind: &Kind, old: Option<&Value>, object: &Value) -> Vec<FieldError> {
    match (&*kind.group, &*kind.kind) {
        ("", "Pod") => workloads::pod(old, object),
        ("", "Service") => workloads::service(old, object),
        ("apps", "ReplicaSet" | "Deployment" | "StatefulSet" | "DaemonSet") => {
            workloads::workload(old, object)
        }
        ("batch", "Job") => workloads::job(old, object),
        ("", "ConfigMap" | "Secret") => immutable(old, object),
        _ => Vec::new(),
    }
}

/// A ConfigMap or Secret that was made immutable stays so, and keeps its data.
fn immutable(old: Option<&Value>, object: &Value) -> Vec<FieldError> {
    let Some(old) = old.filter(|old| old["immutable"] == true) else { return Vec::new() };
    ["immutable", "data", "binaryData"]
        .into_iter()
        .filter(|field| old.get(field) != object.get(field))
        .map(|field| FieldError::forbidden(field, "field is immutable when `immutable` is set"))
        .collect()
}
