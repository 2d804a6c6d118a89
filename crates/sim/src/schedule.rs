//! Schedules: random Rollouts, users, pods, metrics and faults, each from a seed; and whether one breaks an invariant.

use std::collections::BTreeMap;
use std::time::Duration;

use crd::RolloutPhase;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::error::Error;
use crate::faults::RandomFaults;
use crate::scenario::{Deed, Scenario};
use crate::script::{FaultPlan, Pods, Reading};
use crate::watchman::{completed_unseen, watchman};

/// Everything has come to rest by then: no user, fault or deadline comes after half of it.
const LENGTH: Duration = Duration::from_secs(2 * 3_600);
/// Users act within so many seconds.
const BUSY: u64 = 1_200;

/// The schedule of a seed: the same in all times, as long as the samples of steps stay.
///
/// ```
/// let schedule = aviary_sim::schedule(7);
/// assert_eq!(schedule, aviary_sim::schedule(7));
/// assert_eq!(aviary_sim::broken(&schedule)?, Vec::<String>::new());
/// # Ok::<(), aviary_sim::Error>(())
/// ```
pub fn schedule(seed: u64) -> Scenario {
    let mut dice = Dice::new(seed);
    let routed = !dice.once_in(4);
    let strategy = if dice.once_in(3) { blue_green(&mut dice) } else { canary(&mut dice, routed) };
    let readings = if dice.once_in(3) { vec![0.001, 0.5] } else { vec![0.001] };
    let mut metrics = BTreeMap::new();
    let reading = |dice: &mut Dice, value: f64| Reading {
        from: format!("{}s", dice.below(BUSY)),
        value: Some(value),
        error: String::new(),
    };
    let mut readings: Vec<Reading> = readings.into_iter().map(|value| reading(&mut dice, value)).collect();
    if dice.once_in(5) {
        readings.push(Reading { value: None, ..reading(&mut dice, 0.0) });
    }
    readings.sort_by_key(|reading| reading.from.trim_end_matches('s').parse::<u64>().unwrap_or(0));
    metrics.insert("errors".to_owned(), readings);
    let ready_after = format!("{}s", 1 + dice.below(60));
    let dies_after = if dice.once_in(6) { format!("{}s", 60 + dice.below(600)) } else { String::new() };
    Scenario {
        about: format!("schedule {seed}"),
        start: "2026-01-31T12:00:00Z".parse().unwrap_or_default(),
        objects: objects(&strategy, 1 + dice.below(5)),
        pods: vec![Pods { image: "shop".to_owned(), ready_after, dies_after }],
        metrics,
        faults: Some(FaultPlan { seed: dice.next(), count: dice.below(20) as u32, one_in: 4 }),
        users: users(&mut dice),
        length: format!("{}s", LENGTH.as_secs()),
    }
}

/// Any steps that this version carries out.
fn canary(dice: &mut Dice, routed: bool) -> Value {
    let samples = rollout::sample_steps();
    let mut steps = Vec::new();
    for _ in 0..dice.below(6) {
        steps.extend(dice.one(&samples).cloned());
    }
    let mut canary = json!({"steps": steps});
    if routed {
        canary["canaryService"] = json!("shop-canary");
        canary["stableService"] = json!("shop-stable");
        canary["trafficRouting"] =
            json!({"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "shop", "namespace": "default"}}});
        canary["dynamicStableScale"] = json!(dice.once_in(3));
        canary["abortScaleDownDelaySeconds"] = maybe(dice, 90);
    } else {
        canary["maxSurge"] = json!(dice.below(3));
        canary["maxUnavailable"] = json!(1);
    }
    if dice.once_in(4) {
        canary["analysis"] = json!({"templates": [{"templateName": "errors"}]});
    }
    let strategy = json!({"canary": canary});
    let served = |steps: &[Value]| {
        let mut strategy = strategy.clone();
        strategy["canary"]["steps"] = json!(steps);
        let rollout = objects(&strategy, 3).swap_remove(0);
        serde_json::from_value(rollout).is_ok_and(|rollout: crd::Rollout| {
            rollout::problems(&rollout).is_empty() && rollout::unsupported(&rollout).is_empty()
        })
    };
    let steps: Vec<Value> = steps.into_iter().filter(|step| served(std::slice::from_ref(step))).collect();
    let mut strategy = strategy.clone();
    strategy["canary"]["steps"] = json!(steps);
    strategy
}

fn blue_green(dice: &mut Dice) -> Value {
    let analysis = json!({"templates": [{"templateName": "errors"}]});
    let mut blue_green = json!({"activeService": "shop", "previewService": "shop-preview"});
    blue_green["autoPromotionEnabled"] = json!(!dice.once_in(3));
    blue_green["autoPromotionSeconds"] = json!(dice.below(3) * 30);
    blue_green["scaleDownDelaySeconds"] = maybe(dice, 90);
    blue_green["abortScaleDownDelaySeconds"] = maybe(dice, 90);
    blue_green["scaleDownDelayRevisionLimit"] = maybe(dice, 3);
    if dice.once_in(3) {
        blue_green["previewReplicaCount"] = json!(1);
    }
    for field in ["prePromotionAnalysis", "postPromotionAnalysis"] {
        if dice.once_in(3) {
            blue_green[field] = analysis.clone();
        }
    }
    json!({"blueGreen": blue_green})
}

fn maybe(dice: &mut Dice, bound: u64) -> Value {
    if dice.once_in(2) { Value::Null } else { json!(dice.below(bound)) }
}

fn objects(strategy: &Value, replicas: u64) -> Vec<Value> {
    let service = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": "shop"}, "ports": [{"port": 80}]}})
    };
    let mut objects = vec![json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "shop"},
        "spec": {
            "replicas": replicas, "progressDeadlineSeconds": 120, "selector": {"matchLabels": {"app": "shop"}},
            "template": {"metadata": {"labels": {"app": "shop"}},
                "spec": {"containers": [{"name": "shop", "image": "shop:1"}]}},
            "strategy": strategy,
        },
    })];
    objects.extend(["shop", "shop-preview", "shop-canary", "shop-stable"].map(service));
    objects.push(json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "shop"},
        "spec": {"rules": [{"backendRefs": [
            {"name": "shop-stable", "port": 80, "weight": 100}, {"name": "shop-canary", "port": 80, "weight": 0},
        ]}]},
    }));
    objects.push(json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "errors"},
        "spec": {"metrics": [{
            "name": "errors", "interval": "30s", "count": 3, "failureLimit": 1,
            "successCondition": "len(result) > 0 && result[0] < 0.01",
            "failureCondition": "len(result) > 0 && result[0] >= 0.01",
            "provider": {"prometheus": {"address": "http://prometheus", "query": "errors"}},
        }]},
    }));
    objects
}

/// An update, and whatever users do around it.
fn users(dice: &mut Dice) -> Vec<Deed> {
    let image = |version: u64| Deed { image: format!("shop:{version}"), ..Deed::default() };
    let verb = |verb: &str| Deed { verb: verb.to_owned(), ..Deed::default() };
    let mut users = vec![Deed { at: "60s".to_owned(), ..image(2) }];
    for _ in 0..dice.below(7) {
        let deed = match dice.below(10) {
            0 | 1 => image(1 + dice.below(4)),
            2 => Deed { scale: i32::try_from(1 + dice.below(6)).ok(), ..Deed::default() },
            3 => verb("abort"),
            4 => verb("retry"),
            5 => verb("promoteFull"),
            6 => verb("pause"),
            7 => verb("resume"),
            8 => verb("restart"),
            _ => verb("promote"),
        };
        let at = 60 + dice.below(BUSY);
        if deed.verb == "abort" && dice.once_in(2) {
            // Somebody tries again before the pods are gone, or just after.
            users.push(Deed { at: format!("{}s", at + dice.below(120)), ..verb("retry") });
        }
        users.push(Deed { at: format!("{at}s"), ..deed });
    }
    users.sort_by_key(|deed| deed.at.trim_end_matches('s').parse::<u64>().unwrap_or(0));
    users.into_iter().map(|deed| Deed { rollout: "shop".to_owned(), ..deed }).collect()
}

/// What a schedule breaks: I1 to I5 on the way, and I7 at its end.
pub fn broken(schedule: &Scenario) -> Result<Vec<String>, Error> {
    let (probe, watchman) = watchman();
    let mut simulation = schedule.simulation()?.with_probe(probe);
    if let Some(plan) = &schedule.faults {
        simulation = simulation.with_faults(RandomFaults::new(plan.seed, plan.count, plan.one_in));
    }
    simulation.run_for(crate::script::duration(&schedule.length)?);
    let mut broken = watchman.lock().map(|watchman| watchman.broken.clone()).unwrap_or_default();
    let unseen = completed_unseen(simulation.timeline());
    broken.extend(unseen.into_iter().map(|entry| format!("I1: {}: {}", entry.at, entry.what)));
    let rollout = simulation.rollout("default", "shop").unwrap_or_default();
    if rollout.status.phase == Some(RolloutPhase::Progressing) && pods_are_lasting(schedule) {
        broken.push(format!("I7: at rest, and still Progressing: {}", rollout.status.message));
    }
    Ok(broken)
}

/// Whether pods that are ready stay so; where they die all the time nothing ever comes to rest.
fn pods_are_lasting(schedule: &Scenario) -> bool {
    schedule.pods.iter().all(|pods| pods.dies_after.is_empty())
}
