//! `spec.paused`: the user's own pause.

use serde_json::json;

use crate::harness::{Case, DEMO, Kind, canary, tests, text, with};

tests! {
    a_paused_release_stands_still_until_it_is_resumed,
    a_rollout_that_is_created_paused_has_no_pods_until_it_is_resumed,
}

fn a_paused_release_stands_still_until_it_is_resumed(case: &Case<'_>) {
    case.deploy(canary(4, json!([{"setWeight": 50}, {"pause": {"duration": 10}}])));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    assert_eq!(case.user(&["pause", DEMO]), "rollout 'demo' paused\n");
    let seen = case.until("it is paused by hand", |seen| {
        text(&seen.status(DEMO)["message"]) == "manually paused" && seen.is_observed(DEMO)
    });
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (2, 2));
    case.merge(Kind::ROLLOUT, DEMO, json!({"spec": {"replicas": 8}}));
    // Longer than the pause of the step.
    case.let_pass("11s");
    let seen = case.now();
    assert_eq!((seen.step(DEMO), seen.size(DEMO, "1"), seen.size(DEMO, "2")), (Some(1), 2, 2));
    assert_eq!(case.user(&["status", DEMO, "--watch=false"]), "Paused - manually paused\n");

    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 8)]);
    assert_eq!(seen.condition(DEMO, "Paused")["status"], "False");
}

fn a_rollout_that_is_created_paused_has_no_pods_until_it_is_resumed(case: &Case<'_>) {
    let object = canary(2, json!([{"setWeight": 50}, {"pause": {}}]));
    case.create(Kind::ROLLOUT, with(object, "/spec/paused", json!(true)));
    let seen = case.until("it is paused", |seen| seen.condition(DEMO, "Paused")["status"] == "True");
    assert_eq!((seen.sets(DEMO).count(), seen.size(DEMO, "1")), (1, 0));
    assert_eq!(text(&seen.status(DEMO)["message"]), "manually paused");
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 2)]);
    case.replay(|seen, _| {
        assert!(
            seen.rollout(DEMO)["spec"]["paused"] != true || seen.pods(DEMO).count() == 0,
            "a pod was made"
        );
    });
}
