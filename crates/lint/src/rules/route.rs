//! Gateway API routes that do not exist, or do not lead to both Services.

use crd::Canary;
use serde_json::Value;

use crate::bundle::{Bundle, Object, RolloutView};
use crate::finding::Severity;
use crate::rule::{Sink, draft};

const PLUGIN: &str = "argoproj-labs/gatewayAPI";
const AT: &str = "/spec/strategy/canary/trafficRouting/plugins/argoproj-labs~1gatewayAPI";

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    let any = bundle.of_kind("gateway.networking.k8s.io", "HTTPRoute").next().is_some();
    for view in bundle.rollouts() {
        let Some(canary) = view.rollout.canary() else { continue };
        let plugin = canary.traffic_routing.as_ref().and_then(|routing| routing.plugins.get(PLUGIN));
        let Some(plugin) = plugin else { continue };
        let one = plugin.get("httpRoute").and_then(Value::as_str);
        let many = plugin.get("httpRoutes").and_then(Value::as_array).into_iter().flatten();
        let many = many.filter_map(|route| route.get("name")?.as_str());
        for name in one.into_iter().chain(many) {
            let mut routes = bundle.of_kind("gateway.networking.k8s.io", "HTTPRoute");
            match routes.find(|route| route.name == name && route.beside(view.object)) {
                Some(route) => backends(route, canary, sink),
                None => missing(&view, name, any, sink),
            }
        }
    }
}

fn missing(view: &RolloutView<'_>, name: &str, any: bool, sink: &mut Sink<'_>) {
    let message = format!(
        "there is no HTTPRoute `{name}` in these files: unless the cluster has it, no weight can be set and the \
         release does not move"
    );
    let severity = if any { Severity::Error } else { Severity::Warning };
    let remedy = "add the HTTPRoute to what is applied and checked";
    sink.at(view.object, AT, draft(message, remedy).severity(severity));
}

fn backends(route: &Object, canary: &Canary, sink: &mut Sink<'_>) {
    let rules = route.value().pointer("/spec/rules").and_then(Value::as_array).into_iter().flatten();
    let both = rules.filter_map(|rule| rule.get("backendRefs")?.as_array()).any(|backends| {
        [&canary.stable_service, &canary.canary_service].iter().all(|service| {
            backends
                .iter()
                .any(|backend| backend.get("name").and_then(Value::as_str) == Some(service.as_str()))
        })
    });
    if !both {
        let message = format!(
            "no rule of this route has both `{}` and `{}` as backends: there is nothing between which the weight \
             could be split",
            canary.stable_service, canary.canary_service
        );
        sink.at(route, "/spec/rules", draft(message, "name both Services in `backendRefs` of one rule"));
    }
}
