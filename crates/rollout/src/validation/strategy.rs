//! The strategy and its steps.

use crd::{AntiAffinity, Canary, CanaryStep, IntOrString, PingPong, Rollout, TrafficRouting};

use super::{Problem, quoted};
use crate::steps::STEPS;

const SAME_SERVICES: &str = "This rollout uses the same service for the stable and canary services, but two \
                             different services are required.";
const ONE_OF: &str =
    "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause";

pub(super) fn check(rollout: &Rollout) -> Result<(), Problem> {
    let canary = match (rollout.canary(), rollout.blue_green()) {
        (Some(canary), None) => canary,
        (None, None) => {
            return Err(Problem::required(
                "spec.strategy.strategy",
                "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Problem::invalid(
                "spec.strategy.strategy",
                "\"blueGreen: true canary: true\"",
                "Multiple Strategies can not be listed",
            ));
        }
        (None, Some(_)) => {
            return Err(Problem::forbidden(
                "spec.strategy.blueGreen",
                "the blue-green strategy is not supported yet; use spec.strategy.canary",
            ));
        }
    };
    surge(canary)?;
    services(canary)?;
    routed_only(canary)?;
    for (index, step) in canary.steps.iter().enumerate() {
        self::step(canary, step, &format!("spec.strategy.steps[{index}]"))?;
    }
    canary.anti_affinity.as_ref().map_or(Ok(()), anti_affinity)?;
    routers(rollout)
}

fn surge(canary: &Canary) -> Result<(), Problem> {
    let zero = |value: &Option<IntOrString>| match value {
        Some(IntOrString::Int(number)) => *number == 0,
        Some(IntOrString::String(text)) => text.trim_end_matches('%').parse() == Ok(0),
        None => false,
    };
    let Some(surge) = canary.max_surge.as_ref().filter(|_| zero(&canary.max_surge)) else { return Ok(()) };
    if !zero(&canary.max_unavailable) {
        return Ok(());
    }
    let value = match surge {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => quoted(text),
    };
    Err(Problem::invalid(
        "spec.strategy.maxSurge",
        &value,
        "MaxSurge and MaxUnavailable both can not be zero",
    ))
}

fn services(canary: &Canary) -> Result<(), Problem> {
    if !canary.stable_service.is_empty() && canary.stable_service == canary.canary_service {
        let value = quoted(&canary.stable_service);
        return Err(Problem::invalid("spec.strategy.stableService", &value, SAME_SERVICES));
    }
    if let Some(pair) = &canary.ping_pong {
        ping_pong(canary, pair)?;
    }
    let Some(routing) = canary.traffic_routing.as_ref().filter(|_| canary.ping_pong.is_none()) else {
        return Ok(());
    };
    if !needs_services(routing) {
        return Ok(());
    }
    for (field, service) in [("stable", &canary.stable_service), ("canary", &canary.canary_service)] {
        if service.is_empty() {
            let path = format!("spec.strategy.{field}Service");
            let detail = "Canary service and Stable service must to be set to use Traffic Routing";
            return Err(Problem::invalid(&path, "\"\"", detail));
        }
    }
    Ok(())
}

fn needs_services(routing: &TrafficRouting) -> bool {
    routing.routers.iter().any(|(name, config)| name != "istio" || config.get("destinationRule").is_none())
}

fn ping_pong(canary: &Canary, pair: &PingPong) -> Result<(), Problem> {
    if let Some(routing) = &canary.traffic_routing {
        let known = |name: &str| routing.routers.contains_key(name);
        if !known("alb") && !known("istio") && routing.plugins.is_empty() {
            let detail = "Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only";
            return Err(Problem::invalid("spec.strategy.trafficRouting.alb", "null", detail));
        }
    }
    for (field, service) in [("pingService", &pair.ping_service), ("pongService", &pair.pong_service)] {
        if service.is_empty() {
            let path = format!("spec.strategy.pingPong.{field}");
            let detail = "Ping service and Pong service must to be set to use Ping-Pong feature";
            return Err(Problem::invalid(&path, "\"\"", detail));
        }
    }
    if pair.ping_service == pair.pong_service {
        return Err(Problem::invalid(
            "spec.strategy.pingPong.pingService",
            &quoted(&pair.ping_service),
            "This rollout uses the same service for the ping and pong services, but two different services are \
             required.",
        ));
    }
    Ok(())
}

/// Fields that mean something only together with traffic routing.
fn routed_only(canary: &Canary) -> Result<(), Problem> {
    let routed = canary.traffic_routing.is_some();
    if let Some(seconds) = canary.scale_down_delay_seconds.filter(|_| !routed) {
        return Err(Problem::invalid(
            "spec.strategy.scaleDownDelaySeconds",
            &seconds.to_string(),
            "Canary scaleDownDelaySeconds can only be used with traffic routing",
        ));
    }
    if canary.dynamic_stable_scale {
        let problem = |detail| Err(Problem::invalid("spec.strategy.dynamicStableScale", "true", detail));
        if !routed {
            return problem("Canary dynamicStableScale can only be used with traffic routing");
        }
        if canary.scale_down_delay_seconds.is_some() {
            return problem("Canary dynamicStableScale cannot be used with scaleDownDelaySeconds");
        }
    }
    let Some(routing) = &canary.traffic_routing else { return Ok(()) };
    match routing.max_traffic_weight {
        Some(max) if !routing.routers.contains_key("nginx") && routing.plugins.is_empty() => {
            Err(Problem::invalid(
                "spec.strategy.trafficRouting.maxTrafficWeight",
                &max.to_string(),
                "Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins",
            ))
        }
        _ => Ok(()),
    }
}

fn step(canary: &Canary, step: &CanaryStep, at: &str) -> Result<(), Problem> {
    let exclusive =
        [step.experiment.is_some(), step.pause.is_some(), step.set_weight.is_some(), step.analysis.is_some()];
    if exclusive.iter().filter(|set| **set).count() > 1 {
        let [experiment, pause, weight, analysis] = exclusive;
        let value = format!(
            "\"step.Experiment: {experiment} step.Pause: {pause} step.SetWeight: {weight} step.Analysis: {analysis}\""
        );
        return Err(Problem::invalid(at, &value, ONE_OF));
    }
    if !STEPS.iter().any(|kind| kind.selected(step)) {
        let value = "\"step.Experiment: true step.Pause: true step.SetWeight: true step.Analysis: true \
                     step.SetCanaryScale: true step.SetHeaderRoute: true step.SetMirrorRoute: true step.Plugin: true\"";
        return Err(Problem::invalid(at, value, ONE_OF));
    }
    STEPS.iter().filter(|kind| kind.selected(step)).try_for_each(|kind| kind.check(canary, step, at))
}

fn anti_affinity(wanted: &AntiAffinity) -> Result<(), Problem> {
    let preferred = &wanted.preferred_during_scheduling_ignored_during_execution;
    let required = wanted.required_during_scheduling_ignored_during_execution.is_some();
    if preferred.is_some() == required {
        let value = format!(
            "\"antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: {required} \
             antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: {required}\""
        );
        let detail = "AntiAffinity must have exactly one strategy listed";
        return Err(Problem::invalid("spec.strategy.antiAffinity", &value, detail));
    }
    match preferred {
        Some(wish) if !(1..=100).contains(&wish.weight) => Err(Problem::invalid(
            "spec.strategy.antiAffinity.weight",
            &wish.weight.to_string(),
            "AntiAffinity weight must be between 1-100",
        )),
        _ => Ok(()),
    }
}

/// A router that nobody serves would let traffic stay where it is while the steps go on.
fn routers(rollout: &Rollout) -> Result<(), Problem> {
    match traffic::unserved(rollout).first() {
        None => Ok(()),
        Some(name) => Err(Problem::unsupported(
            "spec.strategy.trafficRouting",
            &quoted(name),
            &traffic::ROUTERS
                .iter()
                .flat_map(|router| router.serves())
                .map(|name| quoted(name))
                .collect::<Vec<_>>()
                .join(", "),
        )),
    }
}
