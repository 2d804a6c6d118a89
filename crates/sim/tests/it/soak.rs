//! Random schedules, and what becomes of one that is bad.

use aviary_sim::{Scenario, broken, schedule, shrink};

/// `cargo xtask soak` plays more of them.
const SCHEDULES: u64 = 2_000;

#[test]
fn no_schedule_breaks_an_invariant() {
    let halves = [0, 1].map(|half| {
        std::thread::spawn(move || {
            for seed in (half..SCHEDULES).step_by(2) {
                let found = broken(&schedule(seed)).unwrap();
                assert!(
                    found.is_empty(),
                    "seed {seed}; `cargo xtask soak --schedules 1 --from {seed}` shrinks it: {found:#?}"
                );
            }
        })
    });
    for half in halves {
        half.join().unwrap();
    }
}

#[test]
fn the_schedules_have_everything_that_can_be_released() {
    let schedules: Vec<Scenario> = (0..300).map(schedule).collect();
    let text = serde_yaml::to_string(&schedules).unwrap();
    let known = [
        "setWeight",
        "pause:",
        "setCanaryScale",
        "analysis:",
        "region-gate",
        "dynamicStableScale: true",
        "maxSurge",
        "blueGreen",
        "previewReplicaCount",
        "postPromotionAnalysis",
        "verb: abort",
        "verb: retry",
        "verb: promote",
        "verb: promoteFull",
        "verb: pause",
        "verb: resume",
        "verb: restart",
        "scale:",
        "image: shop:3",
    ];
    for word in known {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn a_bad_schedule_shrinks_to_what_makes_it_bad_and_is_a_scenario_file() {
    let aborts = |schedule: &Scenario| schedule.users.iter().any(|deed| deed.verb == "abort");
    let bad = (0..1_000).map(schedule).find(|schedule| aborts(schedule) && schedule.users.len() > 4).unwrap();
    let small = shrink(&bad, aborts);
    assert_eq!(small.users.len(), 1);
    assert_eq!(small.faults, None);
    let text = serde_yaml::to_string(&small).unwrap();
    assert_eq!(Scenario::parse(&text).unwrap(), small);
}
