//! maxSurge and maxUnavailable, watched at every moment.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, int, rollout, tests};

tests! {
    a_surge_alone_never_lowers_what_is_available,
    without_a_surge_there_are_never_more_pods,
    surge_and_unavailability_hold_together,
    the_bounds_hold_while_a_release_is_given_up,
}

/// Eight replicas with these bounds, and version 2 asked for with pods that take their time.
fn begin(case: &Case<'_>, surge: Value, unavailable: Value, steps: Value) {
    let strategy = json!({"canary": {"maxSurge": surge, "maxUnavailable": unavailable, "steps": steps}});
    case.deploy(rollout(DEMO, 8, strategy));
    case.release_with(DEMO, "2", json!({"aviary.test/ready-after": "300ms"}));
}

/// From the release on at most `most` pods are asked for, and at least `least` are ready.
fn hold(case: &Case<'_>, most: i64, least: usize) {
    let (mut asked, mut ready) = (0, usize::MAX);
    case.replay(|seen, entry| {
        if entry.kind == Kind::REPLICA_SET {
            asked = asked.max(seen.sets(DEMO).map(|set| int(&set["spec"]["replicas"])).sum());
        }
        if entry.kind == Kind::POD && !seen.set(DEMO, "2").is_null() {
            ready = ready.min(seen.ready(DEMO));
        }
    });
    assert!(asked <= most, "{asked} pods were asked for");
    assert!(ready >= least, "only {ready} pods were ready");
    assert!(asked == most || ready == least, "neither bound was used: {asked} asked for, {ready} ready");
}

fn a_surge_alone_never_lowers_what_is_available(case: &Case<'_>) {
    begin(case, json!(2), json!(0), json!([{"setWeight": 25}, {"setWeight": 50}]));
    case.until_healthy(DEMO);
    hold(case, 10, 8);
}

fn without_a_surge_there_are_never_more_pods(case: &Case<'_>) {
    begin(case, json!(0), json!(2), json!([{"setWeight": 50}]));
    case.until_healthy(DEMO);
    hold(case, 8, 6);
}

fn surge_and_unavailability_hold_together(case: &Case<'_>) {
    begin(case, json!("25%"), json!("25%"), json!([{"setWeight": 10}, {"setWeight": 70}]));
    case.until_healthy(DEMO);
    hold(case, 10, 6);
}

fn the_bounds_hold_while_a_release_is_given_up(case: &Case<'_>) {
    begin(case, json!(1), json!(1), json!([{"setWeight": 75}, {"pause": {}}]));
    case.until_paused_at(1);
    case.user(&["abort", DEMO]);
    case.until("version 1 runs alone", |seen| {
        seen.versions(DEMO) == [("1".to_owned(), 8)] && seen.ready(DEMO) == 8
    });
    hold(case, 9, 7);
}
