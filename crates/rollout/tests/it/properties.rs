//! What holds for every Rollout, however strange.

use aviary_rollout::Decision;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::Cluster;

const STEPS: [&str; 4] = [
    "steps: [{setWeight: 20}, {pause: {}}, {setWeight: 60}, {pause: {duration: 5}}]",
    "steps: []",
    "steps: [{setWeight: 50}, {setWeight: 100}, {pause: {duration: 1}}]",
    "steps: [{pause: {}}, {setWeight: 1}]",
];
const ROUTED: &str = ", canaryService: canary, stableService: stable, trafficRouting: {plugins: {aviary/gateway-api: {httpRoute: route}}}";

fn cluster(replicas: i32, steps: usize, routed: bool) -> Cluster {
    let routing = if routed { ROUTED } else { "" };
    let mut cluster =
        Cluster::new(&format!("replicas: {replicas}\nstrategy: {{canary: {{{}{routing}}}}}", STEPS[steps]));
    run(&mut cluster, 6);
    cluster
}

fn run(cluster: &mut Cluster, passes: usize) -> Option<Decision> {
    let mut last = None;
    for _ in 0..passes {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.settle();
        last = Some(decision);
    }
    last
}

fn verb() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"status": {"abort": true}})),
        Just(json!({"status": {"abort": false}})),
        Just(json!({"status": {"promoteFull": true}})),
        Just(json!({"status": {"pauseConditions": null}})),
        Just(json!({"spec": {"paused": true}})),
        Just(json!({"spec": {"paused": false}})),
        (0..12).prop_map(|replicas| json!({"spec": {"replicas": replicas}})),
        (0..4).prop_map(|version| json!({"spec": {"template": {"spec": {"containers": [
            {"name": "demo", "image": format!("demo:v{version}")}]}}}})),
        (-3..9i32).prop_map(|index| json!({"status": {"currentStepIndex": index}})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever users do, no pass panics, weights sum to the maximum, and the same input gives the same decision.
    #[test]
    fn every_pass_is_sound(
        replicas in 0..10i32, steps in 0..4usize, routed: bool,
        verbs in proptest::collection::vec((verb(), 0..4usize), 0..12),
    ) {
        let mut cluster = cluster(replicas, steps, routed);
        for (verb, passes) in verbs {
            cluster.edit(&verb);
            for _ in 0..passes {
                let decision = cluster.decide();
                prop_assert_eq!(&decision, &cluster.decide());
                cluster.carry_out(&decision);
                if let Some(weights) = &cluster.rollout.status.canary.weights {
                    prop_assert_eq!(weights.canary.weight + weights.stable.weight, 100);
                    prop_assert!((0..=100).contains(&weights.canary.weight));
                }
                cluster.settle();
            }
        }
    }

    /// Once an update is seen, an abort is final: the canary's weight never rises, and in the end it is gone (I5).
    #[test]
    fn abort_is_monotone(replicas in 1..10i32, passes in 2..20usize) {
        let mut cluster = cluster(replicas, 0, true);
        cluster.set_image("demo:v2");
        run(&mut cluster, passes);
        cluster.edit(&json!({"status": {"abort": true}}));
        let weight = |cluster: &Cluster| {
            cluster.rollout.status.canary.weights.as_ref().map_or(0, |weights| weights.canary.weight)
        };
        let mut before = weight(&cluster);
        for _ in 0..8 {
            run(&mut cluster, 1);
            prop_assert!(weight(&cluster) <= before);
            before = weight(&cluster);
        }
        prop_assert_eq!(before, 0);
    }

    /// Killed after any write, the next pass decides again, and the end is the same (I11).
    #[test]
    fn a_decision_that_was_carried_out_in_part_is_made_up_for(
        replicas in 1..8i32, steps in 0..4usize, routed: bool,
        cuts in proptest::collection::vec(0..4usize, 24),
    ) {
        let mut whole = cluster(replicas, steps, routed);
        let mut crashed = whole.clone();
        for cluster in [&mut whole, &mut crashed] {
            cluster.set_image("demo:v2");
            cluster.edit(&json!({"status": {"promoteFull": true}}));
        }
        for cut in cuts {
            for action in crashed.decide().actions.iter().take(cut) {
                crashed.apply(action);
            }
            crashed.settle();
        }
        for cluster in [&mut whole, &mut crashed] {
            run(cluster, 60);
            cluster.edit(&json!({"status": {"promoteFull": true, "pauseConditions": null}}));
            run(cluster, 60);
        }
        let sizes = |cluster: &Cluster| cluster.sets.iter().map(crd::ReplicaSet::replicas).collect::<Vec<_>>();
        prop_assert_eq!(sizes(&whole), sizes(&crashed));
        prop_assert_eq!(&whole.rollout.status.stable_rs, &crashed.rollout.status.stable_rs);
        prop_assert_eq!(&whole.rollout.status.phase, &crashed.rollout.status.phase);
    }
}
