//! The invariants of the design (I1 to I5, I8, I11), with faults and users at any moment.

use std::fs;
use std::time::Duration;

use aviary_sim::{
    Entry, Fault, Faults, PodRule, RandomFaults, Scenario, Simulation, Verb, completed_unseen, constant,
    watchman,
};
use proptest::prelude::*;
// The same cases every time: new ones are what `cargo xtask soak` looks for.
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

fn manifests() -> Vec<Value> {
    objects("routed_canary")
}

fn objects(scenario: &str) -> Vec<Value> {
    let path = format!("{}/../../fixtures/scenarios/{scenario}.yaml", env!("CARGO_MANIFEST_DIR"));
    Scenario::parse(&fs::read_to_string(path).unwrap()).unwrap().objects
}

fn simulation() -> Simulation {
    Simulation::new(manifests(), "2026-01-31T12:00:00Z".parse().unwrap()).unwrap()
}

fn new_version(version: u8) -> Verb {
    Verb::SetImage { container: "*".to_owned(), image: format!("shop:{version}") }
}

/// What is left in the end, by what users can see: not by the times and names that differ from run to run.
fn outcome(simulation: &Simulation) -> Value {
    let world = simulation.world();
    let rollout = simulation.rollout("default", "shop").unwrap();
    let sets: Vec<Value> = world
        .objects("apps", "replicasets", "default")
        .map(|set| {
            json!([set["metadata"]["name"], set["spec"]["replicas"], set["status"]["availableReplicas"]])
        })
        .collect();
    let services: Vec<&Value> =
        world.objects("", "services", "default").map(|service| &service["spec"]["selector"]).collect();
    let route = world.object("gateway.networking.k8s.io", "httproutes", "default", "shop").unwrap();
    json!({
        "phase": rollout.status.phase, "step": rollout.status.current_step_index, "stable": rollout.status.stable_rs,
        "aborted": rollout.status.abort, "sets": sets, "services": services, "route": route["spec"],
    })
}

/// One crash, at the write with this number.
struct CrashAt {
    left: usize,
    fault: Fault,
}

impl Faults for CrashAt {
    fn write(&mut self) -> Fault {
        self.left = self.left.wrapping_sub(1);
        if self.left == usize::MAX { self.fault } else { Fault::None }
    }
}

fn release(faults: impl Faults + 'static) -> Simulation {
    let mut simulation = simulation().with_faults(faults);
    simulation.at(Duration::from_secs(60), "default", "shop", new_version(2));
    simulation.run_for(Duration::from_secs(1200));
    simulation
}

#[test]
fn i11_a_crash_at_any_write_leads_to_the_same_end() {
    let expected = outcome(&release(aviary_sim::NoFaults));
    assert_eq!(expected["phase"], "Healthy");
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for write in 0..60 {
            let found = release(CrashAt { left: write, fault });
            assert_eq!(outcome(&found), expected, "{fault:?} at write {write}:\n{}", found.timeline());
        }
    }
}

/// One pass that sees the world as it was some time ago.
struct StaleAt(usize);

impl Faults for StaleAt {
    fn stale(&mut self) -> bool {
        self.0 = self.0.wrapping_sub(1);
        self.0 == usize::MAX
    }
}

#[test]
fn i6_a_pass_with_an_old_view_writes_nothing_twice_and_nothing_else() {
    // What was written, in order; a pass more or less may move it in time.
    let written = |simulation: &Simulation| {
        let entries = simulation.timeline().entries().iter();
        let of_pods = |entry: &&Entry| entry.what.contains("available");
        entries
            .filter(|entry| !of_pods(entry))
            .map(|entry| format!("{}: {}", entry.subject, entry.what))
            .collect::<Vec<_>>()
    };
    let undisturbed = release(aviary_sim::NoFaults);
    let mut expected = written(&undisturbed);
    expected.sort();
    for pass in 0..80 {
        let found = release(StaleAt(pass));
        assert_eq!(outcome(&found), outcome(&undisturbed), "pass {pass}:\n{}", found.timeline());
        let mut found_written = written(&found);
        found_written.sort();
        assert_eq!(found_written, expected, "pass {pass}:\n{}", found.timeline());
    }
}

#[test]
fn i8_the_progress_deadline_runs_only_while_pods_are_awaited() {
    // The deadline is 120 s; the rollout waits for a person much longer than that.
    let mut manifests = manifests();
    manifests[0]["spec"]["strategy"]["canary"]["steps"] = json!([{"setWeight": 20}, {"pause": {}}]);
    let mut simulation = Simulation::new(manifests, "2026-01-31T12:00:00Z".parse().unwrap()).unwrap();
    simulation.at(Duration::from_secs(60), "default", "shop", new_version(2));
    simulation.run_for(Duration::from_secs(7200));
    let rollout = simulation.rollout("default", "shop").unwrap();
    assert_eq!(rollout.status.phase, Some(crd::RolloutPhase::Paused), "{}", simulation.timeline());
    let late =
        simulation.timeline().entries().iter().find(|entry| entry.what.contains("ProgressDeadlineExceeded"));
    assert_eq!(late, None);
}

#[test]
fn i5_an_abort_at_any_moment_returns_all_traffic_and_never_raises_the_canary() {
    for second in (60..260).step_by(3) {
        let (probe, watchman) = watchman();
        let mut simulation = simulation().with_probe(probe);
        simulation.at(Duration::from_secs(60), "default", "shop", new_version(2));
        simulation.at(Duration::from_secs(second), "default", "shop", Verb::Abort);
        simulation.run_for(Duration::from_secs(600));
        let outcome = outcome(&simulation);
        let weights: Vec<i64> = outcome["route"]["rules"][0]["backendRefs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|backend| backend["weight"].as_i64().unwrap())
            .collect();
        assert_eq!(weights, [100, 0], "abort at {second} s:\n{}", simulation.timeline());
        let broken = watchman.lock().unwrap().broken.clone();
        assert_eq!(broken, Vec::<String>::new(), "abort at {second} s:\n{}", simulation.timeline());
    }
}

#[test]
fn i2_a_weight_step_that_is_skipped_while_its_pods_start_gets_its_weight_when_they_are_there() {
    let (probe, watchman) = watchman();
    let mut simulation = simulation().with_probe(probe);
    simulation.environment_mut().pods =
        vec![PodRule { ready_after: Some(Duration::from_secs(17)), ..PodRule::default() }];
    simulation.at(Duration::from_secs(60), "default", "shop", new_version(2));
    simulation.at(Duration::from_secs(214), "default", "shop", Verb::Promote);
    simulation.run_for(Duration::from_secs(1200));
    assert_eq!(watchman.lock().unwrap().broken, Vec::<String>::new(), "{}", simulation.timeline());
    assert_eq!(outcome(&simulation)["phase"], "Healthy");
}

/// Kubernetes' controllers stand still for a minute, after so many syncs ahead of the pass with this number.
struct FreezeAt {
    pass: usize,
    after: usize,
}

impl Faults for FreezeAt {
    fn freeze(&mut self) -> Option<(usize, Duration)> {
        self.pass = self.pass.wrapping_sub(1);
        (self.pass == usize::MAX).then_some((self.after, Duration::from_secs(60)))
    }
}

/// An update that is given up, and tried again as soon as its pods are gone.
fn second_attempt(strategy: &Value, faults: FreezeAt) -> (Simulation, Vec<String>) {
    let mut manifests = manifests();
    manifests[0]["spec"]["strategy"] = strategy.clone();
    let (probe, watchman) = watchman();
    let simulation = Simulation::new(manifests, "2026-01-31T12:00:00Z".parse().unwrap()).unwrap();
    let mut simulation = simulation.with_probe(probe).with_faults(faults);
    simulation.at(Duration::from_secs(60), "default", "shop", new_version(2));
    simulation.at(Duration::from_secs(90), "default", "shop", Verb::Abort);
    simulation.at(Duration::from_secs(102), "default", "shop", Verb::Retry);
    simulation.at(Duration::from_secs(104), "default", "shop", Verb::PromoteFull);
    simulation.run_for(Duration::from_secs(600));
    let broken = watchman.lock().unwrap().broken.clone();
    (simulation, broken)
}

#[test]
fn i2_a_status_that_counts_pods_which_are_gone_brings_no_users_to_them() {
    let blue_green = json!({"blueGreen": {
        "activeService": "shop-stable", "previewService": "shop-canary", "autoPromotionEnabled": false,
        "abortScaleDownDelaySeconds": 10,
    }});
    let mut canary = manifests()[0]["spec"]["strategy"].clone();
    canary["canary"]["abortScaleDownDelaySeconds"] = json!(10);
    let mut dynamic = canary.clone();
    dynamic["canary"]["dynamicStableScale"] = json!(true);
    for strategy in [blue_green, canary, dynamic] {
        for (pass, after) in (0..60).flat_map(|pass| (0..6).map(move |after| (pass, after))) {
            let (simulation, broken) = second_attempt(&strategy, FreezeAt { pass, after });
            let told = format!("{after} syncs after pass {pass}:\n{}", simulation.timeline());
            assert_eq!(broken, Vec::<String>::new(), "{strategy}, {told}");
            assert_eq!(outcome(&simulation)["phase"], "Healthy", "{strategy}, {told}");
        }
    }
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        Just(Verb::Promote),
        Just(Verb::PromoteFull),
        Just(Verb::Abort),
        Just(Verb::Retry),
        Just(Verb::Pause),
        Just(Verb::Resume),
        (2_u8..5).prop_map(new_version),
        (2_i32..8).prop_map(Verb::Scale),
    ]
}

/// Blue-green in all its forms.
fn blue_green() -> impl Strategy<Value = Value> {
    let analysis = || prop::option::of(Just(json!({"templates": [{"templateName": "errors"}]})));
    let number = |range: std::ops::Range<i32>| prop::option::of(range);
    let times = (number(0..90), number(0..90), number(0..90));
    (prop::option::of(any::<bool>()), number(1..3), number(0..3), times, analysis(), analysis()).prop_map(
        |(automatic, preview, revisions, (countdown, delay, abort_delay), before, after)| {
            json!({
                "activeService": "shop", "previewService": "shop-preview", "autoPromotionEnabled": automatic,
                "previewReplicaCount": preview, "autoPromotionSeconds": countdown.unwrap_or(0),
                "scaleDownDelaySeconds": delay, "scaleDownDelayRevisionLimit": revisions,
                "abortScaleDownDelaySeconds": abort_delay, "prePromotionAnalysis": before,
                "postPromotionAnalysis": after,
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn i1_to_i5_hold_whatever_users_and_faults_do(
        seed in any::<u64>(),
        count in 0_u32..20,
        verbs in prop::collection::vec((60_u64..900, verb()), 0..6),
        ready_after in 1_u64..60,
        errors in prop_oneof![Just(0.0), Just(0.5)],
    ) {
        let (probe, watchman) = watchman();
        let mut simulation = simulation().with_probe(probe).with_faults(RandomFaults::new(seed, count, 4));
        let rule = PodRule { ready_after: Some(Duration::from_secs(ready_after)), ..PodRule::default() };
        simulation.environment_mut().pods = vec![rule];
        simulation.environment_mut().metrics = constant(errors);
        simulation.at(Duration::from_secs(60), "default", "shop", new_version(2));
        for (after, verb) in verbs {
            simulation.at(Duration::from_secs(after), "default", "shop", verb);
        }
        simulation.run_for(Duration::from_secs(3600));
        let broken = watchman.lock().unwrap().broken.clone();
        prop_assert_eq!(broken, Vec::<String>::new(), "{}", simulation.timeline());
        let unseen = completed_unseen(simulation.timeline());
        prop_assert_eq!(unseen, Vec::<&Entry>::new(), "{}", simulation.timeline());
    }

    #[test]
    fn i2_and_i3_hold_for_blue_green_whatever_users_and_faults_do(
        seed in any::<u64>(),
        count in 0_u32..20,
        verbs in prop::collection::vec((60_u64..900, verb()), 0..8),
        ready_after in 1_u64..60,
        errors in prop_oneof![Just(0.0), Just(0.5)],
        strategy in blue_green(),
    ) {
        let (probe, watchman) = watchman();
        let mut manifests = objects("blue_green");
        manifests[0]["spec"]["strategy"] = json!({"blueGreen": strategy});
        let mut simulation = Simulation::new(manifests, "2026-01-31T12:00:00Z".parse().unwrap()).unwrap();
        simulation = simulation.with_probe(probe).with_faults(RandomFaults::new(seed, count, 4));
        let rule = PodRule { ready_after: Some(Duration::from_secs(ready_after)), ..PodRule::default() };
        simulation.environment_mut().pods = vec![rule];
        simulation.environment_mut().metrics = constant(errors);
        simulation.at(Duration::from_secs(60), "default", "shop", new_version(2));
        for (after, verb) in verbs {
            simulation.at(Duration::from_secs(after), "default", "shop", verb);
        }
        simulation.run_for(Duration::from_secs(3600));
        let broken = watchman.lock().unwrap().broken.clone();
        prop_assert_eq!(broken, Vec::<String>::new(), "{}", simulation.timeline());
    }

    #[test]
    fn i11_random_faults_do_not_change_the_end(seed in any::<u64>(), count in 1_u32..30) {
        let expected = outcome(&release(aviary_sim::NoFaults));
        let found = release(RandomFaults::new(seed, count, 3));
        prop_assert_eq!(outcome(&found), expected, "{}", found.timeline());
    }
}
