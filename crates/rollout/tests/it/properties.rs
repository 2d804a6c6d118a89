//! What holds for every Rollout, however strange.

use aviary_rollout::Decision;
use proptest::prelude::*;
// The same cases every time: new ones are what `cargo xtask soak` looks for.
use proptest::test_runner::RngSeed;
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

const BLUE_GREEN: [&str; 3] = [
    "activeService: active, previewService: preview",
    "activeService: active, autoPromotionEnabled: false, previewReplicaCount: 1",
    "activeService: active, previewService: preview, autoPromotionSeconds: 3, scaleDownDelayRevisionLimit: 0",
];

fn blue_green(replicas: i32, variant: usize) -> Cluster {
    let variant = BLUE_GREEN[variant];
    let mut cluster = Cluster::new(&format!("replicas: {replicas}\nstrategy: {{blueGreen: {{{variant}}}}}"));
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
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

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

    /// The active Service is never pointed at a version that cannot carry what the one before carried, and no version
    /// shrinks below `spec.replicas` while users are there (I2, I3).
    #[test]
    fn users_are_always_carried(
        replicas in 1..6i32, variant in 0..3usize, broken in proptest::option::of(1..4u32),
        verbs in proptest::collection::vec((verb(), 0..5usize), 0..12),
    ) {
        let mut cluster = blue_green(replicas, variant);
        cluster.broken.extend(broken.map(|version| format!("demo:v{version}")));
        for (verb, passes) in verbs {
            cluster.edit(&verb);
            for _ in 0..passes {
                let before = cluster.services["active"].selected_hash().to_owned();
                let carries = |cluster: &Cluster, hash: &str| {
                    let set = cluster.sets.iter().find(|set| set.hash() == hash);
                    set.map_or(0, |set| set.status.available_replicas.min(set.replicas()))
                };
                let carried = carries(&cluster, &before);
                let decision = cluster.decide();
                prop_assert_eq!(&decision, &cluster.decide());
                cluster.carry_out(&decision);
                let after = cluster.services["active"].selected_hash();
                let wanted = carried.min(cluster.rollout.replicas());
                prop_assert!(before.is_empty() || carries(&cluster, after) >= wanted, "{before} to {after}: {decision:#?}");
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
