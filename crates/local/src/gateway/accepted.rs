//! What the gateway says of a route: whether it does what this generation of it asks for.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Service;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};

use super::follow::{CONTROLLER, http_routes};
use super::route::{BackendRef, RouteSpec};

/// Writes `status.parents` of a route unless it stands there already.
pub(crate) async fn publish(
    client: &Client,
    route: &DynamicObject,
    spec: &RouteSpec,
    services: &[Arc<Service>],
) -> kube::Result<()> {
    let wanted = parents(route, spec, services);
    let before = route.data.pointer("/status/parents").cloned().unwrap_or_default();
    if same(&before, &wanted) {
        return Ok(());
    }
    let namespace = route.namespace().unwrap_or_default();
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &namespace, &http_routes());
    let patch = json!({"status": {"parents": wanted}});
    match api.patch_status(&route.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await {
        // It was deleted meanwhile; the watch says so, too.
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        answer => answer.map(|_| ()),
    }
}

fn parents(route: &DynamicObject, spec: &RouteSpec, services: &[Arc<Service>]) -> Value {
    let generation = route.metadata.generation.unwrap_or_default();
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let condition = |kind: &str, problem: Option<(&str, String)>, reason: &str| {
        let (status, reason, message) = match problem {
            None => ("True", reason, String::new()),
            Some((why, message)) => ("False", why, message),
        };
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "observedGeneration": generation, "lastTransitionTime": now,
        })
    };
    let unsupported =
        spec.unsupported().map(|what| ("UnsupportedValue", format!("not supported here: {what}")));
    let conditions = json!([
        condition("Accepted", unsupported, "Accepted"),
        condition("ResolvedRefs", unresolved(route, spec, services), "ResolvedRefs"),
    ]);
    let one =
        |parent: &Value| json!({"parentRef": parent, "controllerName": CONTROLLER, "conditions": conditions});
    spec.parent_refs.iter().map(one).collect()
}

fn unresolved(
    route: &DynamicObject,
    spec: &RouteSpec,
    services: &[Arc<Service>],
) -> Option<(&'static str, String)> {
    let own = route.namespace().unwrap_or_default();
    let namespace = |backend: &BackendRef| match backend.namespace.as_str() {
        "" => own.clone(),
        other => other.to_owned(),
    };
    let exists = |backend: &BackendRef| {
        let (namespace, name) = (Some(namespace(backend)), &backend.name);
        services.iter().any(|service| service.name_any() == *name && service.namespace() == namespace)
    };
    let missing = spec.rules.iter().flat_map(|rule| &rule.backend_refs).find(|backend| !exists(backend))?;
    Some(("BackendNotFound", format!("Service {}/{} does not exist", namespace(missing), missing.name)))
}

/// Equal but for the time of the transition.
fn same(before: &Value, wanted: &Value) -> bool {
    fn timeless(parents: &Value) -> Value {
        let mut parents = parents.clone();
        let all = parents.as_array_mut().into_iter().flatten();
        for condition in all.filter_map(|parent| parent.get_mut("conditions")?.as_array_mut()).flatten() {
            condition["lastTransitionTime"] = Value::Null;
        }
        parents
    }
    timeless(before) == timeless(wanted)
}
