//! minReadySeconds and the progress deadline.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Case, DEMO, Kind, Seen, canary, tests, text, time, with};

tests! {
    a_pod_counts_only_after_its_minimum_of_readiness,
    a_release_whose_pods_do_not_come_is_told_to_be_late_and_may_be_mended,
    a_release_that_is_late_gives_itself_up_if_it_was_told_to,
    the_deadline_rests_while_a_release_is_paused,
}

fn a_pod_counts_only_after_its_minimum_of_readiness(case: &Case<'_>) {
    let object = canary(2, json!([{"setWeight": 50}, {"pause": {}}]));
    case.deploy(with(object, "/spec/minReadySeconds", json!(3)));
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    assert_eq!(seen.set(DEMO, "2")["spec"]["minReadySeconds"], 3);
    let new = |seen: &Seen| seen.status(DEMO)["currentPodHash"] == json!(seen.hash(DEMO, "2"));
    let (_, counted) = case.first("the step's end", |seen| new(seen) && seen.step(DEMO) == Some(1));
    let pod = seen.pods_of(DEMO, "2")[0];
    let conditions = pod["status"]["conditions"].as_array().unwrap();
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready").unwrap();
    let enough = time(&ready["lastTransitionTime"]) + Duration::from_secs(3);
    assert!(counted >= enough, "the step was completed at {counted}, before {enough}");
}

fn a_release_whose_pods_do_not_come_is_told_to_be_late_and_may_be_mended(case: &Case<'_>) {
    let object = canary(4, json!([{"setWeight": 25}, {"pause": {"duration": 1}}]));
    case.deploy(with(object, "/spec/progressDeadlineSeconds", json!(3)));
    case.release_with(DEMO, "2", json!({"aviary.test/crash": "true"}));
    let seen = case.until("it is late", |seen| seen.phase(DEMO) == "Degraded");
    let set = text(&seen.set(DEMO, "2")["metadata"]["name"]).to_owned();
    let message = format!("ProgressDeadlineExceeded: ReplicaSet \"{set}\" has timed out progressing.");
    assert_eq!(text(&seen.status(DEMO)["message"]), message);
    let progressing = seen.condition(DEMO, "Progressing");
    assert_eq!(progressing["status"], "False");
    assert_eq!((seen.step(DEMO), seen.status(DEMO).get("abort")), (Some(0), None));
    assert!(seen.ready(DEMO) >= 3, "the old version does not serve");
    let (code, _, said) = case.command(&["status", DEMO]);
    assert_eq!(code, 1);
    assert_eq!(said, format!("Error: The rollout is in a degraded state with message: {message}\n"));

    case.release_with(DEMO, "3", json!({}));
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("3".to_owned(), 4)]);
}

fn a_release_that_is_late_gives_itself_up_if_it_was_told_to(case: &Case<'_>) {
    let object = canary(4, json!([{"setWeight": 50}, {"pause": {}}]));
    let object = with(object, "/spec/progressDeadlineSeconds", json!(3));
    case.deploy(with(object, "/spec/progressDeadlineAbort", json!(true)));
    case.release_with(DEMO, "2", json!({"aviary.test/ready": "never"}));
    let seen = case.until("version 1 runs alone", |seen| {
        seen.status(DEMO)["abort"] == true
            && seen.phase(DEMO) == "Degraded"
            && seen.versions(DEMO) == [("1".to_owned(), 4)]
            && seen.ready(DEMO) == 4
    });
    let set = text(&seen.set(DEMO, "2")["metadata"]["name"]).to_owned();
    let message = format!(
        "RolloutAborted: Rollout aborted update to revision 2: ReplicaSet \"{set}\" has timed out progressing."
    );
    assert_eq!(text(&seen.status(DEMO)["message"]), message);
}

fn the_deadline_rests_while_a_release_is_paused(case: &Case<'_>) {
    case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {}}])));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    let deadline = |seconds: i64| json!({"spec": {"progressDeadlineSeconds": seconds}});
    case.merge(Kind::ROLLOUT, DEMO, deadline(1));
    case.let_pass("4s");
    // A change wakes the controller: a deadline that ran would be told now.
    case.merge(Kind::ROLLOUT, DEMO, json!({"metadata": {"annotations": {"note": "a change"}}}));
    case.until("the change is copied", |seen| {
        seen.set(DEMO, "2")["metadata"]["annotations"]["note"] == "a change"
    });
    case.merge(Kind::ROLLOUT, DEMO, deadline(600));
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
    case.replay(|seen, _| assert_ne!(seen.phase(DEMO), "Degraded"));
}
