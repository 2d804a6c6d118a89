//! Services whose selector no pod of the Rollout fits (spec cli-lint 7.1).

use crd::{Rollout, names};
use serde_json::Value;

use super::attribution::Attribution;
use super::invalid;
use crate::bundle::Bundle;

pub(super) fn check(
    bundle: &Bundle,
    attribution: &Attribution,
    rollout: &Rollout,
    add: &mut impl FnMut(String, String),
) {
    let labels = &rollout.spec.template.metadata.labels;
    for (index, service) in bundle.objects.iter().enumerate() {
        if !service.is("", "Service") || !attribution.belongs(index, rollout) {
            continue;
        }
        let Some(role) = attribution.role(index) else { continue };
        let selector = service.value().pointer("/spec/selector").and_then(Value::as_object);
        for (key, value) in selector.into_iter().flatten() {
            let name = &service.name;
            if key != names::POD_TEMPLATE_HASH && labels.get(key).map(String::as_str) != value.as_str() {
                let detail = format!("Service \"{name}\" has unmatch label \"{key}\" in rollout");
                add(role.to_owned(), invalid(name, &detail));
            }
        }
    }
}
