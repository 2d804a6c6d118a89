//! A release that is given up, and what may follow.

use serde_json::json;

use crate::harness::{Case, DEMO, canary, tests, text};

tests! {
    an_abort_brings_the_old_version_back_and_loses_no_pod,
    a_retry_begins_at_the_first_step_again,
    going_back_to_stable_after_an_abort_skips_the_steps,
    an_abort_of_what_is_promoted_is_forgotten,
}

/// Version 1 runs, version 2 waits at 40 %, and is given up.
fn given_up(case: &Case<'_>) {
    case.deploy(canary(5, json!([{"setWeight": 40}, {"pause": {}}])));
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (3, 2));
    assert_eq!(case.user(&["abort", DEMO]), "rollout 'demo' aborted\n");
    case.until("version 1 runs alone", |seen| {
        seen.phase(DEMO) == "Degraded"
            && seen.versions(DEMO) == [("1".to_owned(), 5)]
            && seen.ready(DEMO) == 5
    });
}

fn an_abort_brings_the_old_version_back_and_loses_no_pod(case: &Case<'_>) {
    given_up(case);
    let seen = case.until("the pods of version 2 are gone", |seen| seen.size(DEMO, "2") == 0);
    let status = seen.status(DEMO);
    let message = "RolloutAborted: Rollout aborted update to revision 2";
    assert_eq!((text(&status["message"]), seen.step(DEMO)), (message, Some(0)));
    assert!(status["abort"] == true && status["abortedAt"].is_string(), "{status}");
    assert_eq!(status.get("pauseConditions"), None);
    let progressing = seen.condition(DEMO, "Progressing");
    assert_eq!((text(&progressing["status"]), text(&progressing["reason"])), ("False", "RolloutAborted"));
    let (code, _, said) = case.command(&["status", DEMO]);
    assert_eq!(code, 1);
    assert_eq!(said, format!("Error: The rollout is in a degraded state with message: {message}\n"));
    // The three pods that version 1 had at the pause are among the five that it has now.
    let mut before = None;
    case.replay(|seen, _| {
        if seen.is_paused_at(DEMO, 1) && seen.pods_of(DEMO, "1").len() == 3 {
            before.get_or_insert_with(|| seen.names_of(DEMO, "1"));
        }
        // 25 % of 5, rounded down, may be unavailable.
        assert!(
            seen.set(DEMO, "2").is_null() || seen.ready(DEMO) >= 4,
            "only {} are ready",
            seen.ready(DEMO)
        );
    });
    let after = case.now().names_of(DEMO, "1");
    assert!(before.unwrap().iter().all(|name| after.contains(name)), "a pod of version 1 was replaced");
}

fn a_retry_begins_at_the_first_step_again(case: &Case<'_>) {
    given_up(case);
    assert_eq!(case.user(&["retry", "rollout", DEMO]), "rollout 'demo' retried\n");
    let seen = case.until_paused_at(1);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (3, 2));
    assert!(seen.status(DEMO)["abort"] != true && seen.status(DEMO).get("abortedAt").is_none());
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.versions(DEMO), seen.sets(DEMO).count()), (vec![("2".to_owned(), 5)], 2));
}

fn going_back_to_stable_after_an_abort_skips_the_steps(case: &Case<'_>) {
    given_up(case);
    assert_eq!(case.user(&["undo", DEMO]), "rollout 'demo' undo\n");
    let seen = case.until_healthy(DEMO);
    let set = seen.set(DEMO, "1");
    assert_eq!(set["metadata"]["annotations"]["rollout.argoproj.io/revision"], "3");
    assert_eq!(set["metadata"]["annotations"]["rollout.argoproj.io/revision-history"], "1");
    assert_eq!((seen.step(DEMO), seen.status(DEMO).get("abort")), (Some(2), None));
    case.until("it is told", |seen| seen.events(DEMO, "SkipSteps") == ["Rollback to stable ReplicaSets"]);
}

fn an_abort_of_what_is_promoted_is_forgotten(case: &Case<'_>) {
    case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {}}])));
    case.user(&["abort", DEMO]);
    case.until("the abort is forgotten", |seen| {
        seen.status(DEMO).get("abort").is_none() && seen.phase(DEMO) == "Healthy"
    });
    case.release(DEMO, "2");
    case.until_paused_at(1);
}
