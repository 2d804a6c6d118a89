//! Steps that create routes.

use crd::{Canary, SetHeaderRoute, SetMirrorRoute, StringMatch, TrafficRouting};

use super::{Problem, json, quoted};

/// `setHeaderRoute`, at the path `at`.
pub(crate) fn header(canary: &Canary, route: &SetHeaderRoute, at: &str) -> Result<(), Problem> {
    let detail = "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix";
    let routing = supported(canary, &["istio", "alb", "apisix"])
        .ok_or_else(|| Problem::invalid(at, &json(route), detail))?;
    managed(routing, &route.name, at)?;
    for (index, one) in route.matches.iter().enumerate() {
        let at = format!("{at}.match[{index}]");
        let none = StringMatch::default();
        let value = one.header_value.as_ref().unwrap_or(&none);
        exactly_one(value, &at)?;
        if routing.routers.contains_key("alb") && value.exact.is_empty() {
            let detail = "SetHeaderRoute match value invalid. ALB supports 'exact' value only";
            return Err(Problem::invalid(&at, &json(value), detail));
        }
    }
    Ok(())
}

/// `setMirrorRoute`, at the path `at`.
pub(crate) fn mirror(canary: &Canary, route: &SetMirrorRoute, at: &str) -> Result<(), Problem> {
    let detail = "SetMirrorRoute requires TrafficRouting, supports Istio and Plugins";
    let routing = supported(canary, &["istio"]).ok_or_else(|| Problem::invalid(at, &json(route), detail))?;
    managed(routing, &route.name, at)?;
    for (index, one) in route.matches.iter().enumerate() {
        for value in [&one.method, &one.path].into_iter().flatten() {
            exactly_one(value, &format!("{at}.match[{index}]"))?;
        }
    }
    Ok(())
}

fn supported<'a>(canary: &'a Canary, routers: &[&str]) -> Option<&'a TrafficRouting> {
    let routing = canary.traffic_routing.as_ref()?;
    let known = routers.iter().any(|router| routing.routers.contains_key(*router));
    (known || !routing.plugins.is_empty()).then_some(routing)
}

fn managed(routing: &TrafficRouting, name: &str, at: &str) -> Result<(), Problem> {
    if routing.managed_routes.is_empty() {
        return Err(Problem::required(
            "spec.strategy.trafficRouting.managedRoutes",
            "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'",
        ));
    }
    if routing.managed_routes.iter().any(|route| route.name == name) {
        return Ok(());
    }
    let detail =
        "Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes";
    Err(Problem::invalid(at, &quoted(name), detail))
}

fn exactly_one(value: &StringMatch, at: &str) -> Result<(), Problem> {
    let set = [&value.exact, &value.regex, &value.prefix].into_iter().filter(|text| !text.is_empty()).count();
    let detail = match set {
        1 => return Ok(()),
        0 => "StringMatch value missed, match value must have one of the following: exact, regex, prefix",
        _ => "StringMatch match value must have exactly one of the following: exact, regex, prefix",
    };
    Err(Problem::invalid(at, &json(value), detail))
}
