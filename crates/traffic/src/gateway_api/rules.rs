//! What the rules of a route should be.

use crd::Rollout;
use serde_json::{Value, json};

use super::config::Target;
use super::managed;
use crate::{Intent, Invalid};

/// The rules of `route` with the weights and managed routes of the intent; whatever else they hold stays.
///
/// Only rules that refer to both Services are split. A rule that refers to one alone serves that one on purpose,
/// and a weight of 0 on an only backend would answer every request with an error.
pub(super) fn wanted(
    rollout: &Rollout,
    route: &Value,
    target: &Target,
    intent: &Intent,
) -> Result<Vec<Value>, Invalid> {
    let mut rules: Vec<Value> = live(route).to_vec();
    if target.use_header_routes {
        managed::remove(rollout, &mut rules);
    }
    let mut split = Vec::new();
    for rule in &mut rules {
        if is_split(rule, target, intent) && !managed::is_managed(rollout, rule) {
            weigh(rollout, rule, intent);
            split.push(rule.clone());
        }
    }
    if split.is_empty() {
        return Err(unsplit(target, intent));
    }
    if target.use_header_routes {
        rules.extend(managed::wanted(target, &split, intent)?);
    }
    Ok(rules)
}

/// The rules that `route` has.
pub(super) fn live(route: &Value) -> &[Value] {
    route.pointer("/spec/rules").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The `backendRefs` of a rule.
pub(super) fn backends(rule: &Value) -> &[Value] {
    rule.get("backendRefs").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether a backend is the Service `name`.
pub(super) fn is_service(backend: &Value, name: &str) -> bool {
    let kind = backend.get("kind").and_then(Value::as_str).unwrap_or("Service");
    kind == "Service" && backend.get("name").and_then(Value::as_str) == Some(name)
}

fn is_split(rule: &Value, target: &Target, intent: &Intent) -> bool {
    let named =
        target.rule.as_deref().is_none_or(|name| rule.get("name").and_then(Value::as_str) == Some(name));
    let refers = |service: &str| backends(rule).iter().any(|backend| is_service(backend, service));
    named && refers(&intent.canary_service) && refers(&intent.stable_service)
}

fn weigh(rollout: &Rollout, rule: &mut Value, intent: &Intent) {
    let Some(backends) = rule.get_mut("backendRefs").and_then(Value::as_array_mut) else { return };
    let former = rollout.status.canary.weights.iter().flat_map(|weights| &weights.additional);
    for gone in
        former.filter(|gone| intent.additional.iter().all(|kept| kept.service_name != gone.service_name))
    {
        backends.retain(|backend| !is_service(backend, &gone.service_name));
    }
    let port = backends.iter().find(|backend| is_service(backend, &intent.canary_service));
    let port = port.and_then(|backend| backend.get("port")).cloned();
    for destination in &intent.additional {
        if !backends.iter().any(|backend| is_service(backend, &destination.service_name)) {
            backends.push(json!({"name": destination.service_name, "port": port}));
        }
        set(backends, &destination.service_name, destination.weight);
    }
    set(backends, &intent.canary_service, intent.canary_weight);
    set(backends, &intent.stable_service, intent.stable_weight());
}

fn set(backends: &mut [Value], service: &str, weight: i32) {
    for backend in backends.iter_mut().filter(|backend| is_service(backend, service)) {
        if let Some(members) = backend.as_object_mut() {
            members.insert("weight".to_owned(), json!(weight));
        }
    }
}

fn unsplit(target: &Target, intent: &Intent) -> Invalid {
    let (canary, stable) = (&intent.canary_service, &intent.stable_service);
    let (field, problem) = match &target.rule {
        Some(name) => {
            ("spec.rules", format!("the rule {name:?} does not refer to both {canary:?} and {stable:?}"))
        }
        None => ("spec.rules", format!("no rule refers to both {canary:?} and {stable:?}")),
    };
    Invalid {
        object: target.key.to_string(),
        field: field.to_owned(),
        problem,
        remedy: "name the Rollout's canary and stable Service in the backendRefs of one rule".to_owned(),
    }
}
