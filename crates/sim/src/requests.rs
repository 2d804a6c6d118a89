//! From decisions to requests: the only place where an action becomes a write.

use crd::{Kind, ObjectKey};
use rollout::{Action, PatchBody};
use serde_json::{Map, Value, json};
use world::{PatchType, Request, Resource, Status};

/// The request that carries out `action`.
pub fn request(action: &Action) -> Request {
    let request = match action {
        Action::Create { key, object } => {
            let collection = Resource { name: String::new(), ..resource(key) };
            Request::create(collection, object.clone())
        }
        Action::Patch { key, patch: PatchBody::Merge(patch) } => {
            Request::patch(resource(key), PatchType::Merge, patch.clone())
        }
        Action::Patch { key, patch: PatchBody::Json(patch) } => {
            Request::patch(resource(key), PatchType::Json, patch.clone())
        }
        Action::Scale { key, replicas, annotations } => {
            let annotations: Map<String, Value> =
                annotations.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
            let mut patch = json!({"spec": {"replicas": replicas}});
            if !annotations.is_empty() {
                patch["metadata"] = json!({"annotations": annotations});
            }
            Request::patch(resource(key), PatchType::Merge, patch)
        }
        Action::Delete { key, uid } => {
            let mut request = Request::delete(resource(key));
            request.options.uid.clone_from(uid);
            "Background".clone_into(&mut request.options.propagation_policy);
            request
        }
        Action::Evict { key } => {
            let eviction = json!({"metadata": {"name": key.name, "namespace": key.namespace}});
            Request::create(resource(key).subresource("eviction"), eviction)
        }
    };
    request.by("aviary-controller")
}

/// The request that writes a status, on the condition that the object is still at `version`.
pub fn status_request(key: &ObjectKey, mut patch: Value, version: &str) -> Request {
    if let Some(fields) = patch.as_object_mut() {
        fields.insert("metadata".to_owned(), json!({"resourceVersion": version}));
    }
    // AnalysisRuns have no status subresource.
    let resource =
        if key.kind == Kind::ROLLOUT { resource(key).subresource("status") } else { resource(key) };
    Request::patch(resource, PatchType::Merge, patch)
}

/// Whether a refusal is success in substance.
pub fn is_success(action: &Action, refusal: &Status) -> bool {
    match action {
        // Gone already, or another incarnation by now.
        Action::Delete { .. } => matches!(refusal.code, 404 | 409),
        // A disruption budget says: not now. The next pass tries again.
        Action::Evict { .. } => matches!(refusal.code, 404 | 429),
        _ => false,
    }
}

fn resource(key: &ObjectKey) -> Resource {
    Resource::new(&key.kind.group, &key.kind.version, &key.kind.plural, &key.namespace, &key.name)
}
