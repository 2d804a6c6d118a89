//! A weight is written, then seen (I1), and pods stay until it is (I3).

use std::time::Duration;

use aviary_rollout::{Action, Decision, events};
use crd::RolloutPhase;
use serde_json::json;

use crate::harness::Cluster;

const SPEC: &str = "
replicas: 4
strategy: {canary: {steps: [{setWeight: 50}, {pause: {}}], canaryService: canary, stableService: stable,
  abortScaleDownDelaySeconds: 0, trafficRouting: {plugins: {aviary/gateway-api: {httpRoute: route}}}}}
";

/// A cluster in which version 2 waits at the pause with half of the traffic.
fn at_half() -> Cluster {
    let mut cluster = Cluster::new(SPEC);
    run(&mut cluster, 8);
    cluster.set_image("demo:v2");
    run(&mut cluster, 12);
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Paused));
    cluster
}

fn run(cluster: &mut Cluster, passes: usize) {
    for _ in 0..passes {
        let _ = step(cluster);
    }
}

fn step(cluster: &mut Cluster) -> Decision {
    let decision = cluster.decide();
    cluster.carry_out(&decision);
    cluster.settle();
    decision
}

fn tells(decision: &Decision, reason: &str) -> bool {
    decision.events.iter().any(|event| event.reason == reason)
}

#[test]
fn a_weight_step_completes_only_after_the_route_shows_the_weight() {
    let mut cluster = Cluster::new(SPEC);
    run(&mut cluster, 8);
    cluster.set_image("demo:v2");
    let written = loop {
        let decision = step(&mut cluster);
        let weights = cluster.rollout.status.canary.weights.clone();
        if weights.is_some_and(|weights| weights.canary.weight == 50) {
            break decision;
        }
    };
    assert!(!tells(&written, events::ROLLOUT_STEP_COMPLETED), "written is not seen");
    assert_eq!(written.requeue_after, Some(Duration::from_secs(10)));
    assert_eq!(cluster.rollout.status.current_step_index, Some(0));
    assert_eq!(
        cluster.rollout.status.canary.weights.as_ref().and_then(|weights| weights.verified),
        Some(false)
    );

    let seen = step(&mut cluster);
    assert!(tells(&seen, events::ROLLOUT_STEP_COMPLETED));
    assert_eq!(
        cluster.rollout.status.canary.weights.as_ref().and_then(|weights| weights.verified),
        Some(true)
    );
}

#[test]
fn abort_returns_all_traffic_to_stable_before_scaling_canary_down() {
    let mut cluster = at_half();
    cluster.edit(&json!({"status": {"abort": true}}));
    let back = step(&mut cluster);
    assert!(
        !back.actions.iter().any(|action| matches!(action, Action::Scale { replicas: 0, .. })),
        "the route is written, not seen: {back:?}"
    );
    assert_eq!(cluster.rollout.status.canary.weights.as_ref().map(|weights| weights.canary.weight), Some(0));
    let down = step(&mut cluster);
    assert!(down.actions.iter().any(|action| matches!(action, Action::Scale { replicas: 0, .. })));
}

#[test]
fn abort_writes_each_service_selector_at_most_once() {
    let mut cluster = at_half();
    cluster.edit(&json!({"status": {"abort": true}}));
    let switches = |decision: &Decision| {
        decision.events.iter().filter(|event| event.reason == events::SWITCH_SERVICE).count()
    };
    let first = step(&mut cluster);
    assert_eq!(switches(&first), 1);
    assert_eq!((0..5).map(|_| switches(&step(&mut cluster))).sum::<usize>(), 0, "abort is idempotent");
}

#[test]
fn a_promotion_waits_until_all_traffic_is_seen_at_the_new_version() {
    let mut cluster = at_half();
    cluster.edit(&json!({"status": {"pauseConditions": null}}));
    let mut hundred = 0;
    while cluster.rollout.status.stable_rs != cluster.rollout.status.current_pod_hash {
        run(&mut cluster, 1);
        let weights = cluster.rollout.status.canary.weights.clone().unwrap_or_default();
        hundred += usize::from(weights.canary.weight == 100);
        if hundred == 1 {
            assert_ne!(cluster.rollout.status.stable_rs, cluster.rollout.status.current_pod_hash);
        }
        assert!(hundred < 5, "promoted in the end");
    }
}

#[test]
fn a_long_drain_after_an_abort_is_honoured() {
    let mut cluster = Cluster::new(&SPEC.replace("DelaySeconds: 0", "DelaySeconds: 3600"));
    run(&mut cluster, 8);
    cluster.set_image("demo:v2");
    run(&mut cluster, 12);
    cluster.edit(&json!({"status": {"abort": true}}));
    run(&mut cluster, 30);
    assert_eq!(cluster.sets[1].replicas(), 2);
    cluster.now += jiff::SignedDuration::from_hours(1);
    run(&mut cluster, 2);
    assert_eq!(cluster.sets[1].replicas(), 0);
}

/// Found by the exhaustive search: a pod dies between the promotion and the switch of the stable Service.
#[test]
fn the_stable_service_waits_for_pods_enough_for_what_it_gets() {
    let mut cluster = at_half();
    cluster.edit(&json!({"status": {"promoteFull": true}}));
    while !cluster.rollout.fully_promoted() {
        run(&mut cluster, 1);
    }
    let new = cluster.sets[1].hash().to_owned();
    let stable = |cluster: &Cluster| cluster.services["stable"].selected_hash() == new;
    cluster.sets[1].status.available_replicas = 1;
    let decision = cluster.decide();
    cluster.carry_out(&decision);
    assert!(!stable(&cluster) && cluster.sets[0].replicas() == 4, "{decision:#?}");
    cluster.settle();
    run(&mut cluster, 2);
    assert!(stable(&cluster));
}

/// Found by a random schedule: the size grew, and a third version came before the pods were there.
#[test]
fn an_overtaken_version_keeps_the_pods_that_its_traffic_needs() {
    let mut cluster = at_half();
    cluster.edit(&json!({"spec": {"replicas": 8}}));
    while cluster.sets[1].replicas() < 4 {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
    }
    assert_eq!(cluster.sets[1].status.available_replicas, 2);
    cluster.set_image("demo:v3");
    for _ in 0..6 {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        assert!(cluster.sets[1].replicas() >= 4, "{decision:#?}");
    }
}
