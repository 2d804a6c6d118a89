//! Steps that create routes (spec cli-lint 5.1 f to l).

use crd::{Canary, SetHeaderRoute, SetMirrorRoute, StringMatch, TrafficRouting};

use super::{Found, Problem, json, quoted};

/// `setHeaderRoute`, at the path `at`.
pub(crate) fn header(canary: &Canary, route: &SetHeaderRoute, at: &str, found: &mut Found) {
    match supported(canary, &["istio", "alb", "apisix"]) {
        None => {
            let detail = "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix";
            found.push(Problem::invalid(at, &json(route), detail));
        }
        Some(routing) => {
            let alb = routing.routers.contains_key("alb");
            for (index, one) in route.matches.iter().enumerate() {
                header_value(one.header_value.as_ref(), alb, &format!("{at}.match[{index}]"), found);
            }
        }
    }
    managed(canary, &route.name, at, found);
}

fn header_value(value: Option<&StringMatch>, alb: bool, at: &str, found: &mut Found) {
    let text = value.map_or_else(|| "null".to_owned(), json);
    let none = StringMatch::default();
    let value = value.unwrap_or(&none);
    if !alb {
        exactly_one(value, &text, at, found);
    } else if set(value) == 0 && text == "null" {
        found.push(Problem::invalid(at, &text, MISSED));
    } else if set(value) != 1 || value.exact.is_empty() {
        let detail = "SetHeaderRoute match value invalid. ALB supports 'exact' value only";
        found.push(Problem::invalid(at, &text, detail));
    }
}

/// `setMirrorRoute`, at the path `at`.
pub(crate) fn mirror(canary: &Canary, route: &SetMirrorRoute, at: &str, found: &mut Found) {
    if supported(canary, &["istio"]).is_none() {
        let detail = "SetMirrorRoute requires TrafficRouting, supports Istio and Plugins";
        found.push(Problem::invalid(at, &json(route), detail));
    } else {
        for (index, one) in route.matches.iter().enumerate() {
            let at = format!("{at}.match[{index}]");
            // A bad method is told twice (spec cli-lint 5.1 j).
            for value in [&one.method, &one.method, &one.path].into_iter().flatten() {
                exactly_one(value, &json(value), &at, found);
            }
        }
    }
    managed(canary, &route.name, at, found);
}

fn supported<'a>(canary: &'a Canary, routers: &[&str]) -> Option<&'a TrafficRouting> {
    let routing = canary.traffic_routing.as_ref()?;
    let known = routers.iter().any(|router| routing.routers.contains_key(*router));
    (known || !routing.plugins.is_empty()).then_some(routing)
}

fn managed(canary: &Canary, name: &str, at: &str, found: &mut Found) {
    let Some(routing) = &canary.traffic_routing else { return };
    if routing.managed_routes.is_empty() {
        found.push(Problem::required(
            "spec.strategy.trafficRouting.managedRoutes",
            "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'",
        ));
    } else if !routing.managed_routes.iter().any(|route| route.name == name) {
        let detail =
            "Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes";
        found.push(Problem::invalid(at, &quoted(name), detail));
    }
}

const MISSED: &str =
    "StringMatch value missed, match value must have one of the following: exact, regex, prefix";

fn set(value: &StringMatch) -> usize {
    [&value.exact, &value.regex, &value.prefix].into_iter().filter(|text| !text.is_empty()).count()
}

fn exactly_one(value: &StringMatch, text: &str, at: &str, found: &mut Found) {
    let detail = match set(value) {
        1 => return,
        0 => MISSED,
        _ => "StringMatch match value must have exactly one of the following: exact, regex, prefix",
    };
    found.push(Problem::invalid(at, text, detail));
}
