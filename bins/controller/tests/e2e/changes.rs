//! Another wish in the middle of a release.

use serde_json::json;

use crate::harness::{Case, DEMO, canary, tests, text};

tests! {
    a_third_version_takes_the_place_of_the_second,
    going_back_to_stable_in_the_middle_skips_the_steps,
    other_steps_begin_at_the_first,
    other_steps_of_what_is_promoted_change_nothing_else,
}

fn a_third_version_takes_the_place_of_the_second(case: &Case<'_>) {
    case.deploy(canary(4, json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}])));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    case.user(&["promote", DEMO]);
    let seen = case.until_paused_at(3);
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 2), ("2".to_owned(), 2)]);
    case.release(DEMO, "3");
    let seen = case.until("version 3 waits at the first pause", |seen| {
        seen.is_paused_at(DEMO, 1) && seen.size(DEMO, "2") == 0
    });
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "3")), (3, 1));
    assert_eq!(seen.status(DEMO)["stableRS"], json!(seen.hash(DEMO, "1")));
    case.user(&["promote", DEMO, "--full"]);
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.versions(DEMO), seen.sets(DEMO).count()), (vec![("3".to_owned(), 4)], 3));
    let mut least = usize::MAX;
    case.replay(|seen, _| {
        if !seen.set(DEMO, "2").is_null() {
            least = least.min(seen.ready(DEMO));
        }
    });
    assert!(least >= 3, "only {least} pods were ready");
}

fn going_back_to_stable_in_the_middle_skips_the_steps(case: &Case<'_>) {
    case.deploy(canary(4, json!([{"setWeight": 50}, {"pause": {}}])));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    case.release(DEMO, "1");
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.step(DEMO), seen.size(DEMO, "1"), seen.size(DEMO, "2")), (Some(2), 4, 0));
    assert_eq!(seen.set(DEMO, "1")["metadata"]["annotations"]["rollout.argoproj.io/revision"], "3");
    case.until("it is told", |seen| seen.events(DEMO, "SkipSteps") == ["Rollback to stable ReplicaSets"]);
}

fn other_steps_begin_at_the_first(case: &Case<'_>) {
    case.deploy(canary(4, json!([{"setWeight": 50}, {"pause": {}}])));
    case.release(DEMO, "2");
    let before = case.until_paused_at(1);
    let steps = json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 75}]);
    case.edit(DEMO, json!([{"op": "replace", "path": "/spec/strategy/canary/steps", "value": steps}]));
    let seen = case.until("it waits at the new pause", |seen| {
        seen.is_paused_at(DEMO, 1)
            && seen.status(DEMO)["currentStepHash"] != before.status(DEMO)["currentStepHash"]
            && seen.size(DEMO, "2") == 1
            && seen.size(DEMO, "1") == 3
    });
    assert_eq!(seen.sets(DEMO).count(), 2);
    let mut again = false;
    case.replay(|seen, _| {
        let new = seen.status(DEMO)["currentStepHash"] != before.status(DEMO)["currentStepHash"];
        again |= new
            && text(&seen.status(DEMO)["currentPodHash"]) == before.hash(DEMO, "2")
            && seen.step(DEMO) == Some(0);
    });
    assert!(again, "it did not begin at the first step");
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.step(DEMO), seen.versions(DEMO)), (Some(3), vec![("2".to_owned(), 4)]));
}

fn other_steps_of_what_is_promoted_change_nothing_else(case: &Case<'_>) {
    let before = case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {}}])));
    let steps = json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 75}]);
    case.edit(DEMO, json!([{"op": "replace", "path": "/spec/strategy/canary/steps", "value": steps}]));
    let seen = case.until("it has been at the last of the new steps", |seen| {
        seen.is_healthy(DEMO) && seen.step(DEMO) == Some(3)
    });
    assert_eq!((seen.names_of(DEMO, "1"), seen.sets(DEMO).count()), (before.names_of(DEMO, "1"), 1));
}
