//! Services that the Rollout names and nobody defines.

use crate::bundle::Bundle;
use crate::finding::Severity;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    let any = bundle.of_kind("", "Service").next().is_some();
    for view in bundle.rollouts() {
        let mut named: Vec<(&str, &str)> = Vec::new();
        if let Some(canary) = view.rollout.canary() {
            named.push(("canary/stableService", &canary.stable_service));
            named.push(("canary/canaryService", &canary.canary_service));
            if let Some(pair) = &canary.ping_pong {
                named.push(("canary/pingPong/pingService", &pair.ping_service));
                named.push(("canary/pingPong/pongService", &pair.pong_service));
            }
        }
        if let Some(blue_green) = view.rollout.blue_green() {
            named.push(("blueGreen/activeService", &blue_green.active_service));
            named.push(("blueGreen/previewService", &blue_green.preview_service));
        }
        for (field, name) in named.into_iter().filter(|(_, name)| !name.is_empty()) {
            let mut services = bundle.of_kind("", "Service");
            if services.any(|service| service.name == name && service.beside(view.object)) {
                continue;
            }
            let message = format!(
                "there is no Service `{name}` in these files: unless the cluster has it, the Rollout is Degraded \
                 (InvalidSpec) and nothing moves"
            );
            let severity = if any { Severity::Error } else { Severity::Warning };
            let remedy = "add the Service to what is applied and checked";
            let pointer = format!("/spec/strategy/{field}");
            sink.at(view.object, &pointer, draft(message, remedy).severity(severity));
        }
    }
}
