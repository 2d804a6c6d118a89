//! Which Rollout an object is checked against (spec cli-lint 2.1).

use std::collections::BTreeMap;

use crd::{Rollout, names};
use serde_json::Value;

use super::ingress;
use crate::bundle::{Bundle, Object};

/// Names of Rollouts by index of the object.
pub(super) struct Attribution {
    managed: BTreeMap<usize, String>,
    /// Which of the Rollout's Services it is.
    roles: BTreeMap<usize, &'static str>,
}

impl Attribution {
    pub(super) fn of(bundle: &Bundle, rollouts: &[(usize, Rollout)]) -> Self {
        let written = |object: &Object| {
            let annotations = object.value().pointer("/metadata/annotations");
            let name = annotations.and_then(|all| all.get(names::MANAGED_BY)).and_then(Value::as_str);
            name.unwrap_or_default().to_owned()
        };
        let managed = bundle.objects.iter().map(written).enumerate().collect();
        let mut attribution = Self { managed, roles: BTreeMap::new() };
        attribution.services(bundle, rollouts);
        attribution.routes(bundle, rollouts);
        attribution
    }

    fn services(&mut self, bundle: &Bundle, rollouts: &[(usize, Rollout)]) {
        for (_, rollout) in rollouts {
            for (role, service) in roles(rollout).into_iter().filter(|(_, service)| !service.is_empty()) {
                for (index, _) in named(bundle, "", "Service", service) {
                    self.managed.insert(index, rollout.metadata.name.clone());
                    self.roles.insert(index, role);
                }
            }
        }
    }

    /// The public tool stops looking at the first Rollout that has no routes; so do we.
    fn routes(&mut self, bundle: &Bundle, rollouts: &[(usize, Rollout)]) {
        for (_, rollout) in rollouts {
            let Some(canary) = rollout.canary() else { break };
            let Some(routing) = &canary.traffic_routing else { break };
            let name = &rollout.metadata.name;
            if let Some(service) = ingress::attributing_service(canary) {
                for (index, object) in ingress::all(bundle) {
                    if ingress::uses(object, service) {
                        self.managed.insert(index, name.clone());
                    }
                }
            }
            let istio = routing.routers.get("istio").unwrap_or(&Value::Null);
            for wanted in virtual_services(istio) {
                for (index, _) in named(bundle, "networking.istio.io", "VirtualService", wanted) {
                    self.managed.insert(index, name.clone());
                }
            }
        }
    }

    pub(super) fn belongs(&self, index: usize, rollout: &Rollout) -> bool {
        self.managed.get(&index).is_some_and(|name| *name == rollout.metadata.name)
    }

    pub(super) fn role(&self, index: usize) -> Option<&'static str> {
        self.roles.get(&index).copied()
    }
}

/// Names of the configured VirtualServices.
pub(super) fn virtual_services(istio: &Value) -> impl Iterator<Item = &str> {
    let one = istio.get("virtualService");
    let many = istio.get("virtualServices").and_then(Value::as_array).into_iter().flatten();
    one.into_iter().chain(many).filter_map(|service| service.get("name")?.as_str())
}

/// Paths of the Services of a Rollout with their names, in the order in which the last one wins.
fn roles(rollout: &Rollout) -> Vec<(&'static str, &str)> {
    if let Some(canary) = rollout.canary() {
        let pair = canary.ping_pong.as_ref();
        return vec![
            ("spec.strategy.canary.canaryService", canary.canary_service.as_str()),
            ("spec.strategy.canary.stableService", &canary.stable_service),
            ("spec.strategy.canary.pingPong.pingService", pair.map_or("", |pair| &pair.ping_service)),
            ("spec.strategy.canary.pingPong.pongService", pair.map_or("", |pair| &pair.pong_service)),
        ];
    }
    rollout.blue_green().map_or_else(Vec::new, |blue_green| {
        vec![
            ("spec.strategy.blueGreen.activeService", blue_green.active_service.as_str()),
            ("spec.strategy.blueGreen.previewService", &blue_green.preview_service),
        ]
    })
}

/// Objects of a kind and name, with their indices.
pub(super) fn named<'b>(
    bundle: &'b Bundle,
    group: &'b str,
    kind: &'b str,
    name: &'b str,
) -> impl Iterator<Item = (usize, &'b Object)> {
    let all = bundle.objects.iter().enumerate();
    all.filter(move |(_, object)| object.is(group, kind) && object.name == name)
}
