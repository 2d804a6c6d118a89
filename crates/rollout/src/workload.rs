//! A template that comes from another workload (spec rollout-reconcile 6).

use std::collections::BTreeMap;
use std::sync::Arc;

use crd::{Kind, ObjectKey, PodTemplate, Rollout, WorkloadRef, names};
use serde_json::Value;

/// Objects that are read as they are, by key.
type Objects = BTreeMap<ObjectKey, Arc<Value>>;

/// The Rollout with the template and the selector of its workload, where `objects` has that; else as it is.
///
/// What is to be fetched for a pass depends on both: the ReplicaSets that may be adopted, the pods, and the name of the
/// next ReplicaSet.
pub fn with_workload(rollout: &Arc<Rollout>, objects: &Objects) -> Arc<Rollout> {
    match resolve(rollout, objects) {
        Ok(Some(resolved)) => Arc::new(resolved),
        Ok(None) | Err(_) => Arc::clone(rollout),
    }
}

/// The Rollout with the template and selector of its workload in it; `None` when it has its own.
pub(crate) fn resolve(rollout: &Rollout, objects: &Objects) -> Result<Option<Rollout>, String> {
    let Some(reference) = &rollout.spec.workload_ref else { return Ok(None) };
    let key = key(rollout)
        .ok_or_else(|| format!("workload of type {} is not supported", group_and_kind(reference)))?;
    let workload =
        objects.get(&key).ok_or_else(|| format!("{} \"{}\" not found", key.kind.plural, reference.name))?;
    let PodTemplate { metadata, .. } = &rollout.spec.template;
    if !metadata.labels.is_empty() || !metadata.annotations.is_empty() {
        return Err("template must be empty for workload reference rollout".to_owned());
    }
    let mut resolved = Rollout::clone(rollout);
    let spec = if key.kind.kind == "PodTemplate" { Some(&**workload) } else { workload.get("spec") };
    let template = spec.and_then(|spec| spec.get("template")).cloned().unwrap_or_default();
    resolved.spec.template = serde_json::from_value(template).map_err(|error| error.to_string())?;
    if resolved.spec.selector.is_none() {
        let selector = spec.and_then(|spec| spec.get("selector")).cloned().unwrap_or(Value::Null);
        resolved.spec.selector = serde_json::from_value(selector).map_err(|error| error.to_string())?;
    }
    if let Some(generation) = workload.pointer("/metadata/generation").and_then(Value::as_i64) {
        let annotations = &mut resolved.metadata.annotations;
        annotations.insert(names::WORKLOAD_GENERATION.to_owned(), generation.to_string());
    }
    Ok(Some(resolved))
}

/// Where the workload is; `None` without one, or when its kind is not supported.
pub(crate) fn key(rollout: &Rollout) -> Option<ObjectKey> {
    let reference = rollout.spec.workload_ref.as_ref()?;
    let kind = match (reference.api_version.as_str(), reference.kind.as_str()) {
        ("apps/v1", "Deployment") => Kind::DEPLOYMENT,
        ("apps/v1", "ReplicaSet") => Kind::REPLICA_SET,
        ("v1", "PodTemplate") => Kind::new("", "v1", "PodTemplate", "podtemplates"),
        _ => return None,
    };
    Some(ObjectKey::new(kind, rollout.metadata.namespace.as_str(), reference.name.as_str()))
}

fn group_and_kind(reference: &WorkloadRef) -> String {
    let group = reference.api_version.rsplit_once('/').map_or("", |(group, _)| group);
    format!("{group}/{}", reference.kind)
}
