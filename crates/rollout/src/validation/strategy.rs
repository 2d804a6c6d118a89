//! The strategy and its steps.

use crd::{
    AntiAffinity, BlueGreen, Canary, CanaryStep, IntOrString, ObjectMeta, PingPong, Rollout, TrafficRouting,
};
use serde_json::Value;

use super::{Found, Problem, json, quoted};
use crate::downward;
use crate::steps::STEPS;

const SAME_SERVICES: &str = "This rollout uses the same service for the stable and canary services, but two \
                             different services are required.";
const ONE_OF: &str =
    "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause";

pub(super) fn check(rollout: &Rollout, found: &mut Found) {
    match (rollout.canary(), rollout.blue_green()) {
        (Some(canary), None) => self::canary(canary, found),
        (None, Some(blue_green)) => {
            self::blue_green(blue_green, rollout.spec.revision_history_limit, found);
        }
        (None, None) => found.push(Problem::required(
            "spec.strategy.strategy",
            "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
        )),
        (Some(_), Some(_)) => found.push(Problem::invalid(
            "spec.strategy.strategy",
            "\"blueGreen: true canary: true\"",
            "Multiple Strategies can not be listed",
        )),
    }
}

fn canary(canary: &Canary, found: &mut Found) {
    surge(canary, found);
    services(canary, found);
    routed_only(canary, found);
    for (index, step) in canary.steps.iter().enumerate() {
        self::step(canary, step, &format!("spec.strategy.steps[{index}]"), found);
    }
    if let Some(wanted) = &canary.anti_affinity {
        anti_affinity(wanted, found);
    }
}

fn blue_green(blue_green: &BlueGreen, history: Option<i32>, found: &mut Found) {
    if blue_green.active_service == blue_green.preview_service {
        found.push(Problem::invalid(
            "spec.strategy.activeService",
            &quoted(&blue_green.active_service),
            "This rollout uses the same service for the active and preview services, but two different services \
             are required.",
        ));
    }
    let limit = blue_green.scale_down_delay_revision_limit;
    if let Some(limit) = limit.filter(|limit| *limit > history.unwrap_or(10)) {
        found.push(Problem::invalid(
            "spec.strategy.scaleDownDelayRevisionLimit",
            &limit.to_string(),
            "This rollout's revision history limit can not be smaller than the rollout's scale down limit",
        ));
    }
    if let Some(wanted) = &blue_green.anti_affinity {
        anti_affinity(wanted, found);
    }
}

fn surge(canary: &Canary, found: &mut Found) {
    let zero = |value: &Option<IntOrString>| match value {
        Some(IntOrString::Int(number)) => *number == 0,
        Some(IntOrString::String(text)) => text.trim_end_matches('%').parse() == Ok(0),
        None => false,
    };
    let Some(surge) = canary.max_surge.as_ref().filter(|_| zero(&canary.max_surge)) else { return };
    if !zero(&canary.max_unavailable) {
        return;
    }
    let value = match surge {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => quoted(text),
    };
    let detail = "MaxSurge and MaxUnavailable both can not be zero";
    found.push(Problem::invalid("spec.strategy.maxSurge", &value, detail));
}

fn services(canary: &Canary, found: &mut Found) {
    if !canary.stable_service.is_empty() && canary.stable_service == canary.canary_service {
        let value = quoted(&canary.stable_service);
        found.push(Problem::invalid("spec.strategy.stableService", &value, SAME_SERVICES));
    }
    if let Some(pair) = &canary.ping_pong {
        ping_pong(canary, pair, found);
    }
    if !canary.traffic_routing.as_ref().is_some_and(|routing| needs_services(canary, routing)) {
        return;
    }
    for (field, service) in [("stable", &canary.stable_service), ("canary", &canary.canary_service)] {
        if service.is_empty() {
            let path = format!("spec.strategy.{field}Service");
            let detail = "Canary service and Stable service must to be set to use Traffic Routing";
            found.push(Problem::invalid(&path, "\"\"", detail));
        }
    }
}

fn needs_services(canary: &Canary, routing: &TrafficRouting) -> bool {
    let single = canary.ping_pong.is_none();
    routing.routers.iter().any(|(name, config)| match name.as_str() {
        "alb" => single,
        "istio" => single && config.get("destinationRule").is_none_or(Value::is_null),
        _ => true,
    })
}

fn ping_pong(canary: &Canary, pair: &PingPong, found: &mut Found) {
    if let Some(routing) = &canary.traffic_routing {
        let known = |name: &str| routing.routers.contains_key(name);
        if !known("alb") && !known("istio") && routing.plugins.is_empty() {
            let detail = "Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only";
            found.push(Problem::invalid("spec.strategy.trafficRouting.alb", "null", detail));
        }
    }
    for (field, service) in [("pingService", &pair.ping_service), ("pongService", &pair.pong_service)] {
        if service.is_empty() {
            let path = format!("spec.strategy.pingPong.{field}");
            let detail = "Ping service and Pong service must to be set to use Ping-Pong feature";
            found.push(Problem::invalid(&path, "\"\"", detail));
        }
    }
    if pair.ping_service == pair.pong_service {
        found.push(Problem::invalid(
            "spec.strategy.pingPong.pingService",
            &quoted(&pair.ping_service),
            "This rollout uses the same service for the ping and pong services, but two different services are \
             required.",
        ));
    }
    let alb = canary.traffic_routing.as_ref().and_then(|routing| routing.routers.get("alb"));
    if alb.is_some_and(|alb| alb.get("rootService").and_then(Value::as_str).is_none_or(str::is_empty)) {
        found.push(Problem::invalid(
            "spec.strategy.trafficRouting.alb.rootService",
            "\"\"",
            "Root service field is required for the configuration with ALB and ping-pong feature enabled",
        ));
    }
}

/// Fields that mean something only together with traffic routing.
fn routed_only(canary: &Canary, found: &mut Found) {
    let mut refuse = |field: &str, value: &str, detail| {
        found.push(Problem::invalid(&format!("spec.strategy.{field}"), value, detail));
    };
    let Some(routing) = &canary.traffic_routing else {
        if let Some(seconds) = canary.scale_down_delay_seconds {
            let detail = "Canary scaleDownDelaySeconds can only be used with traffic routing";
            refuse("scaleDownDelaySeconds", &seconds.to_string(), detail);
        }
        if canary.dynamic_stable_scale {
            let detail = "Canary dynamicStableScale can only be used with traffic routing";
            refuse("dynamicStableScale", "true", detail);
        }
        return;
    };
    if canary.dynamic_stable_scale && canary.scale_down_delay_seconds.is_some() {
        let detail = "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds";
        refuse("dynamicStableScale", "true", detail);
    }
    if let Some(max) = routing.max_traffic_weight
        && !routing.routers.contains_key("nginx")
        && routing.plugins.is_empty()
    {
        let detail = "Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins";
        refuse("trafficRouting.maxTrafficWeight", &max.to_string(), detail);
    }
}

fn step(canary: &Canary, step: &CanaryStep, at: &str, found: &mut Found) {
    let exclusive =
        [step.experiment.is_some(), step.pause.is_some(), step.set_weight.is_some(), step.analysis.is_some()];
    if exclusive.iter().filter(|set| **set).count() > 1 {
        let [experiment, pause, weight, analysis] = exclusive;
        let value = format!(
            "\"step.Experiment: {experiment} step.Pause: {pause} step.SetWeight: {weight} step.Analysis: {analysis}\""
        );
        found.push(Problem::invalid(at, &value, ONE_OF));
    }
    if !STEPS.iter().any(|kind| kind.selected(step)) {
        let value = "\"step.Experiment: true step.Pause: true step.SetWeight: true step.Analysis: true \
                     step.SetCanaryScale: true step.SetHeaderRoute: true step.SetMirrorRoute: true step.Plugin: true\"";
        found.push(Problem::invalid(at, value, ONE_OF));
    }
    for kind in STEPS.iter().filter(|kind| kind.selected(step)) {
        kind.check(canary, step, at, found);
    }
    arguments(step, at, found);
}

/// Arguments that name metadata which no Rollout has (spec cli-lint 5.1 o).
fn arguments(step: &CanaryStep, at: &str, found: &mut Found) {
    let unknown =
        |path: &str| path.starts_with("metadata") && downward::field(&ObjectMeta::default(), path).is_err();
    let mut refuse = |args: String| {
        let detail = "Analyses arguments must refer to valid object metadata supported by downwardAPI";
        found.push(Problem::invalid(&format!("{at}.analyses"), &args, detail));
    };
    let lists = step.analysis.iter().map(|analysis| &analysis.args);
    let analyses = step.experiment.iter().flat_map(|experiment| &experiment.analyses);
    for args in lists.chain(analyses.map(|analysis| &analysis.args)) {
        let mut fields = args.iter().filter_map(|arg| arg.value_from.as_ref()?.field_ref.as_ref());
        if fields.any(|field| unknown(&field.field_path)) {
            refuse(json(args));
        }
    }
}

fn anti_affinity(wanted: &AntiAffinity, found: &mut Found) {
    let preferred = &wanted.preferred_during_scheduling_ignored_during_execution;
    let required = wanted.required_during_scheduling_ignored_during_execution.is_some();
    if preferred.is_some() == required {
        let value = format!(
            "\"antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: {required} \
             antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: {required}\""
        );
        let detail = "AntiAffinity must have exactly one strategy listed";
        found.push(Problem::invalid("spec.strategy.antiAffinity", &value, detail));
    }
    if let Some(wish) = preferred.as_ref().filter(|wish| !(1..=100).contains(&wish.weight)) {
        found.push(Problem::invalid(
            "spec.strategy.antiAffinity.weight",
            &wish.weight.to_string(),
            "AntiAffinity weight must be between 1-100",
        ));
    }
}
