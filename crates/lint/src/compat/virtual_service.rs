//! Istio VirtualServices whose routes do not fit the Rollout (spec cli-lint 7.3).

use crd::{Canary, Rollout, TrafficRouting};
use serde_json::Value;

use super::attribution::Attribution;
use super::invalid;
use crate::bundle::Bundle;

/// Section of a VirtualService, name in messages, field of the Rollout.
const PROTOCOLS: [(&str, &str, &str); 3] =
    [("http", "HTTP", "routes"), ("tls", "TLS", "tlsRoutes"), ("tcp", "TCP", "tcpRoutes")];

pub(super) fn check(
    bundle: &Bundle,
    attribution: &Attribution,
    rollout: &Rollout,
    add: &mut impl FnMut(String, String),
) {
    let services = bundle.objects.iter().enumerate();
    let services = services.filter(|(_, object)| object.is("networking.istio.io", "VirtualService"));
    for (_, object) in services.filter(|(index, _)| attribution.belongs(*index, rollout)) {
        let path = "spec.strategy.canary.trafficRouting.istio";
        let canary = rollout.canary();
        let routing = canary.and_then(|canary| canary.traffic_routing.as_ref());
        let istio = routing.and_then(|routing| routing.routers.get("istio"));
        let (Some(canary), Some(routing), Some(istio)) = (canary, routing, istio) else {
            let detail = "Rollout object is not configured with Istio traffic routing";
            add(path.to_owned(), invalid(&rollout.metadata.name, detail));
            continue;
        };
        let plural = istio.get("virtualServices").is_some();
        let path = format!("{path}.{}.name", if plural { "virtualServices" } else { "virtualService" });
        for problem in problems(object.value(), canary, routing, istio, &object.name) {
            add(path.clone(), invalid(&object.name, &problem));
        }
    }
}

fn problems(
    service: &Value,
    canary: &Canary,
    routing: &TrafficRouting,
    istio: &Value,
    name: &str,
) -> Vec<String> {
    let spec = service.get("spec").unwrap_or(&Value::Null);
    let written: Vec<_> =
        PROTOCOLS.iter().filter_map(|row| Some((row, spec.get(row.0).filter(|v| !v.is_null())?))).collect();
    if written.is_empty() {
        return vec![
            "Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService".to_owned(),
        ];
    }
    let config = config(istio, name);
    let mut problems = Vec::new();
    for ((section, title, field), routes) in written {
        let Some(routes) = routes.as_array() else {
            problems.push(format!("Unable to get {title} routes for Istio VirtualService"));
            continue;
        };
        let wanted = config.get(*field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let chosen = choose(section, field, routes, wanted, routing);
        let cause = chosen.and_then(|chosen| chosen.into_iter().try_for_each(|one| fits(one, canary, istio)));
        if let Err(cause) = cause {
            problems.push(format!("Istio VirtualService has invalid {title} routes. Error: {cause}"));
        }
    }
    problems
}

/// The Rollout's configuration for the VirtualService of that name.
fn config<'i>(istio: &'i Value, name: &str) -> &'i Value {
    let many = istio.get("virtualServices").and_then(Value::as_array).into_iter().flatten();
    let mut all = istio.get("virtualService").into_iter().chain(many);
    all.find(|one| one.get("name").and_then(Value::as_str) == Some(name)).unwrap_or(&Value::Null)
}

fn choose<'r>(
    section: &str,
    field: &str,
    routes: &'r [Value],
    wanted: &[Value],
    routing: &TrafficRouting,
) -> Result<Vec<&'r Value>, String> {
    let name = |route: &Value| route.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if wanted.is_empty() {
        let managed = |route: &&Value| {
            let name = name(route);
            section == "http" && routing.managed_routes.iter().any(|managed| managed.name == name)
        };
        let left: Vec<&Value> = routes.iter().filter(|route| !managed(route)).collect();
        if left.len() != 1 {
            return Err(format!(
                "spec.{section}[] should be set in VirtualService and it must have exactly one route when omitting \
                 spec.strategy.canary.trafficRouting.istio.virtualService.{field}"
            ));
        }
        return Ok(left);
    }
    if section == "http" {
        let found = wanted.iter().filter_map(Value::as_str).map(|wanted| {
            let found = routes.iter().find(|route| name(route) == wanted);
            found.ok_or_else(|| format!("HTTP Route '{wanted}' is not found in the defined Virtual Service."))
        });
        return found.collect();
    }
    let matching: Vec<&Value> =
        routes.iter().filter(|route| wanted.iter().any(|wanted| matches(route, wanted))).collect();
    if matching.is_empty() {
        let title = section.to_uppercase();
        return Err(format!("No matching {title} routes found in the defined Virtual Service."));
    }
    Ok(matching)
}

/// Whether a TLS or TCP route matches on the wanted port and hosts.
fn matches(route: &Value, wanted: &Value) -> bool {
    let port = wanted.get("port").and_then(Value::as_i64);
    let hosts = wanted.get("sniHosts").and_then(Value::as_array);
    let all = route.get("match").and_then(Value::as_array).into_iter().flatten();
    all.into_iter().any(|one| {
        let same_port = port.is_none_or(|port| one.get("port").and_then(Value::as_i64) == Some(port));
        let same_hosts =
            hosts.is_none_or(|hosts| one.get("sniHosts").and_then(Value::as_array) == Some(hosts));
        same_port && same_hosts
    })
}

/// Whether the route leads to canary and stable.
fn fits(route: &Value, canary: &Canary, istio: &Value) -> Result<(), String> {
    let destinations = || {
        let list = route.get("route").and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|one| one.get("destination"))
    };
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(rule) = istio.get("destinationRule").filter(|rule| !rule.is_null()) {
        for (title, field) in [("Canary", "canarySubsetName"), ("Stable", "stableSubsetName")] {
            let subset = text(rule, field);
            if !destinations().any(|destination| text(destination, "subset") == subset) {
                return Err(format!("{title} DestinationRule subset '{subset}' not found in route"));
            }
        }
        return Ok(());
    }
    for (title, service) in [("Canary", &canary.canary_service), ("Stable", &canary.stable_service)] {
        let reaches = |host: &str| host == service || host.split('.').next() == Some(service.as_str());
        if !destinations().any(|destination| reaches(&text(destination, "host"))) {
            return Err(format!("{title} Service '{service}' not found in route"));
        }
    }
    Ok(())
}
