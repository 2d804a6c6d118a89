//! Many releases while their controller is killed again and again.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::harness::{Case, Kind, Seen, int, rollout, tests, with};

tests! { twenty_releases_end_well_although_their_controller_is_killed_fifty_times }

const ROLLOUTS: usize = 20;
const KILLS: usize = 50;
const REPLICAS: i64 = 3;

/// A step of a linear congruential generator (Knuth's MMIX constants).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

fn twenty_releases_end_well_although_their_controller_is_killed_fifty_times(case: &Case<'_>) {
    let names: Vec<String> = (0..ROLLOUTS).map(|number| format!("demo-{number}")).collect();
    let steps = json!([
        {"setWeight": 34}, {"pause": {"duration": 4}}, {"setWeight": 67}, {"pause": {"duration": 4}},
    ]);
    let strategy = json!({"canary": {"maxSurge": 1, "maxUnavailable": 1, "steps": steps}});
    let instance = json!({"argo-rollouts.argoproj.io/controller-instance-id": "chaos"});
    for name in &names {
        let object = rollout(name, REPLICAS, strategy.clone());
        case.create(Kind::ROLLOUT, with(object, "/metadata/labels", instance.clone()));
    }
    let mut controller = case.controller("chaos");
    for name in &names {
        case.until_healthy(name);
    }
    let mut seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    println!("chaos: seed {seed}");
    let healthy = |seen: &Seen| names.iter().all(|name| seen.is_healthy(name));
    let (mut version, mut during) = (1, 0);
    for _ in 0..KILLS {
        if healthy(&case.now()) {
            version += 1;
            for name in &names {
                case.release(name, &version.to_string());
            }
        }
        // Alive for up to half a second, dead for as long as it takes to start again.
        let end = Instant::now() + Duration::from_millis(next(&mut seed) % 500);
        case.until_or(end, healthy);
        controller.kill();
        during += usize::from(!healthy(&case.now()));
        controller = case.controller("chaos");
    }
    for name in &names {
        case.until_healthy(name);
    }
    let seen = case.until("the old pods are gone", |seen| {
        names.iter().all(|name| seen.versions(name) == [(version.to_string(), 3)])
    });
    assert!(during >= 40, "only {during} of {KILLS} kills met a release");
    for name in &names {
        assert_eq!(seen.sets(name).count(), version, "{name} has another ReplicaSet");
        assert_eq!(seen.status(name).get("collisionCount"), None);
    }
    within_bounds(case, &names);
    drop(controller);
}

/// From its release on each Rollout has at least two ready pods, and at most four are asked for.
fn within_bounds(case: &Case<'_>, names: &[String]) {
    case.replay(|seen, entry| {
        let released = names.iter().filter(|name| seen.sets(name).count() > 1);
        for name in released.filter(|name| entry.name.starts_with(&format!("{name}-"))) {
            let asked: i64 = seen.sets(name).map(|set| int(&set["spec"]["replicas"])).sum();
            assert!(asked <= REPLICAS + 1, "{name}: {asked} pods were asked for");
            let ready = seen.ready(name);
            assert!(ready >= 2, "{name}: only {ready} pods were ready");
        }
    });
}
