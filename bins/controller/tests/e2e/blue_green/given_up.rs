//! A new version that is given up before or after the switch.

use serde_json::json;

use super::{always_served, deploy, select, served, until_paused};
use crate::harness::{Case, DEMO, tests, text};

tests! {
    a_version_that_is_given_up_before_the_switch_was_never_served,
    a_version_that_was_given_up_waits_again_after_a_retry,
    a_version_that_is_late_is_given_up_if_it_was_told_to,
    a_third_version_takes_the_place_of_the_previewed_one,
}

fn a_version_that_is_given_up_before_the_switch_was_never_served(case: &Case<'_>) {
    deploy(case, 2, json!({"autoPromotionEnabled": false, "abortScaleDownDelaySeconds": 3}));
    case.release(DEMO, "2");
    until_paused(case, "2");
    case.user(&["abort", DEMO]);
    let seen = case.until("it is given up", |seen| seen.phase(DEMO) == "Degraded");
    assert_eq!(text(&seen.status(DEMO)["message"]), "RolloutAborted: Rollout aborted update to revision 2");
    case.until("its pods are gone", |seen| seen.versions(DEMO) == [("1".to_owned(), 2)]);
    assert!(select(&case.now(), "1", "2"));
    assert_eq!(served(case), ["1"]);
    case.stayed("2", &seen.status(DEMO)["abortedAt"], 3);
    always_served(case, 2);
}

fn a_version_that_was_given_up_waits_again_after_a_retry(case: &Case<'_>) {
    deploy(case, 2, json!({"autoPromotionEnabled": false, "abortScaleDownDelaySeconds": 1}));
    case.release(DEMO, "2");
    until_paused(case, "2");
    case.user(&["abort", DEMO]);
    case.until("its pods are gone", |seen| seen.versions(DEMO) == [("1".to_owned(), 2)]);
    case.user(&["retry", "rollout", DEMO]);
    let seen = until_paused(case, "2");
    assert!(select(&seen, "1", "2"));
    assert_eq!((seen.size(DEMO, "2"), seen.sets(DEMO).count()), (2, 2));
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
    assert_eq!(served(case), ["1", "2"]);
    always_served(case, 2);
}

fn a_version_that_is_late_is_given_up_if_it_was_told_to(case: &Case<'_>) {
    deploy(case, 2, json!({"abortScaleDownDelaySeconds": 1}));
    case.edit(
        DEMO,
        json!([
            {"op": "add", "path": "/spec/progressDeadlineSeconds", "value": 3},
            {"op": "add", "path": "/spec/progressDeadlineAbort", "value": true},
        ]),
    );
    case.release_with(DEMO, "2", json!({"aviary.test/crash": "true"}));
    let seen = case.until("its pods are gone", |seen| {
        seen.status(DEMO)["abort"] == true && seen.versions(DEMO) == [("1".to_owned(), 2)]
    });
    let message = text(&seen.status(DEMO)["message"]);
    assert!(
        message.starts_with("RolloutAborted: ") && message.ends_with("has timed out progressing."),
        "{message}"
    );
    assert_eq!(served(case), ["1"]);
    always_served(case, 2);
}

fn a_third_version_takes_the_place_of_the_previewed_one(case: &Case<'_>) {
    deploy(case, 2, json!({"autoPromotionEnabled": false, "scaleDownDelaySeconds": 1}));
    case.release(DEMO, "2");
    until_paused(case, "2");
    case.release(DEMO, "3");
    let seen = until_paused(case, "3");
    assert!(select(&seen, "1", "3"));
    case.until("version 2 is gone", |seen| seen.size(DEMO, "2") == 0);
    case.user(&["promote", DEMO]);
    case.until("version 3 runs alone", |seen| {
        seen.is_healthy(DEMO) && seen.versions(DEMO) == [("3".to_owned(), 2)]
    });
    assert_eq!(served(case), ["1", "3"]);
    always_served(case, 2);
}
