//! Ingresses that do not reach the stable Service (spec cli-lint 7.2).

use crd::{Canary, Rollout};
use serde_json::Value;

use super::attribution::Attribution;
use super::invalid;
use crate::bundle::{Bundle, Object};

/// Ingresses of the versions that are looked at, with their indices.
pub(super) fn all(bundle: &Bundle) -> impl Iterator<Item = (usize, &Object)> {
    bundle.objects.iter().enumerate().filter(|(_, object)| {
        let group = object.is("networking.k8s.io", "Ingress") || object.is("extensions", "Ingress");
        group && ["v1", "v1beta1"].contains(&object.api_version.rsplit('/').next().unwrap_or_default())
    })
}

/// Whether a rule of the Ingress leads to the Service.
pub(super) fn uses(ingress: &Object, service: &str) -> bool {
    let backend =
        if ingress.api_version.ends_with("/v1") { "/backend/service/name" } else { "/backend/serviceName" };
    let rules = ingress.value().pointer("/spec/rules").and_then(Value::as_array).into_iter().flatten();
    let paths = rules.filter_map(|rule| rule.pointer("/http/paths")?.as_array()).flatten();
    paths.filter_map(|path| path.pointer(backend)?.as_str()).any(|name| name == service)
}

fn text<'v>(config: &'v Value, field: &str) -> &'v str {
    config.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The Service that an Ingress must already lead to in order to count as the Rollout's (spec cli-lint 2.1).
pub(super) fn attributing_service(canary: &Canary) -> Option<&str> {
    let routers = &canary.traffic_routing.as_ref()?.routers;
    if routers.contains_key("nginx") {
        return Some(&canary.stable_service);
    }
    let root = routers.get("alb").or_else(|| routers.get("smi"))?;
    Some(match text(root, "rootService") {
        "" if routers.contains_key("alb") => &canary.stable_service,
        root => root,
    })
}

pub(super) fn check(
    bundle: &Bundle,
    attribution: &Attribution,
    rollout: &Rollout,
    add: &mut impl FnMut(String, String),
) {
    let Some(canary) = rollout.canary() else { return };
    let Some(routing) = &canary.traffic_routing else { return };
    for (_, ingress) in all(bundle).filter(|(index, _)| attribution.belongs(*index, rollout)) {
        let name = &ingress.name;
        let configured = [("nginx", "stableIngress", "stableIngresses"), ("alb", "ingress", "ingresses")];
        for (router, one, many) in configured {
            let Some(config) = routing.routers.get(router) else { continue };
            let listed = config.get(many).and_then(Value::as_array).into_iter().flatten();
            let field = if text(config, one) == name {
                one
            } else if listed.filter_map(Value::as_str).any(|listed| listed == name) {
                many
            } else {
                continue;
            };
            let root = if router == "alb" { text(config, "rootService") } else { "" };
            let service = if root.is_empty() { canary.stable_service.as_str() } else { root };
            if !uses(ingress, service) {
                let detail = format!("ingress `{name}` has no rules using service {service} backend");
                let field = format!("spec.strategy.canary.trafficRouting.{router}.{field}");
                add(field, invalid(name, &detail));
            }
            break;
        }
    }
}
