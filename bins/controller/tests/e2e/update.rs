//! An update through weights and pauses.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Case, DEMO, Seen, canary, int, tests, text, time};

tests! {
    an_update_goes_through_its_weights_and_pauses,
    set_image_starts_an_update_and_names_an_unknown_container,
    an_update_without_steps_needs_nobody,
}

fn an_update_goes_through_its_weights_and_pauses(case: &Case<'_>) {
    let steps = json!([{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {"duration": "2s"}}]);
    case.deploy(canary(5, steps));
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (4, 1));
    let status = seen.status(DEMO);
    assert_eq!((&status["message"], &status["controllerPause"]), (&json!("CanaryPauseStep"), &json!(true)));
    assert_eq!(status["pauseConditions"][0]["reason"], "CanaryPauseStep");
    assert_eq!(status["currentPodHash"], json!(seen.hash(DEMO, "2")));
    assert_eq!(status["stableRS"], json!(seen.hash(DEMO, "1")));
    assert_eq!(case.user(&["status", DEMO, "--watch=false"]), "Paused - CanaryPauseStep\n");

    assert_eq!(case.user(&["promote", DEMO]), "rollout 'demo' promoted\n");
    let seen = case.until_paused_at(3);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (2, 3));
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 5)]);
    assert_eq!(seen.rollout(DEMO)["metadata"]["annotations"]["rollout.argoproj.io/revision"], "2");
    let hash = seen.hash(DEMO, "2").to_owned();
    let steps = ["setWeight: 20", "pause", "setWeight: 60", "pause: 2s"];
    let told: Vec<String> = (1..)
        .zip(steps)
        .map(|(number, step)| format!("Rollout step {number}/4 completed ({step})"))
        .collect();
    let last = format!("Rollout completed update to revision 2 ({hash}): Completed all 4 canary steps");
    case.until("the events are told", |seen| {
        let mut steps = seen.events(DEMO, "RolloutStepCompleted");
        steps.sort_unstable();
        steps == told && seen.events(DEMO, "RolloutCompleted").contains(&last.as_str())
    });
    let (paused, _) = case.first("the second pause", |seen| {
        seen.step(DEMO) == Some(3) && seen.status(DEMO)["pauseConditions"].is_array()
    });
    let is_new = |seen: &Seen| seen.status(DEMO)["currentPodHash"] == json!(hash);
    let (_, passed) = case.first("its end", |seen| is_new(seen) && seen.step(DEMO) == Some(4));
    let began = time(&paused.status(DEMO)["pauseConditions"][0]["startTime"]);
    assert!(passed >= began + Duration::from_secs(2), "the second pause was cut short");
}

fn set_image_starts_an_update_and_names_an_unknown_container(case: &Case<'_>) {
    case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {}}])));
    let said = case.user(&["set", "image", DEMO, "main=example.com/demo:2"]);
    assert_eq!(said, "rollout \"demo\" image updated\n");
    let seen = case.until_paused_at(1);
    assert_eq!(seen.available(DEMO, "2"), 1);
    let (code, _, said) = case.command(&["set", "image", DEMO, "sidecar=example.com/demo:3"]);
    assert_eq!((code, said.as_str()), (1, "Error: unable to find container named \"sidecar\"\n"));
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
}

fn an_update_without_steps_needs_nobody(case: &Case<'_>) {
    case.deploy(canary(4, json!([])));
    case.release(DEMO, "2");
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 4)]);
    assert_eq!(seen.step(DEMO), None);
    let status = seen.status(DEMO);
    assert_eq!(["replicas", "updatedReplicas", "availableReplicas"].map(|key| int(&status[key])), [4; 3]);
    assert_eq!(text(&status["duration"]["completionStatus"]), "Promoted");
}
