//! Users' promotions.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, canary, tests, text};

tests! {
    a_full_promotion_passes_every_pause_and_keeps_the_bounds,
    the_current_step_can_be_skipped,
    all_steps_can_be_skipped,
    a_promotion_of_what_is_promoted_changes_nothing,
    a_promotion_passes_a_step_whose_pods_are_slow,
}

/// Version 1 runs, version 2 waits at the first pause.
fn begin(case: &Case<'_>) {
    let steps = json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}]);
    case.deploy(canary(4, steps));
    case.release(DEMO, "2");
    case.until_paused_at(1);
}

fn pauses(status: &Value) -> usize {
    status["pauseConditions"].as_array().map_or(0, Vec::len)
}

fn a_full_promotion_passes_every_pause_and_keeps_the_bounds(case: &Case<'_>) {
    begin(case);
    assert_eq!(case.user(&["promote", DEMO, "--full"]), "rollout 'demo' fully promoted\n");
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 4)]);
    let status = seen.status(DEMO);
    assert_eq!((status.get("promoteFull"), seen.step(DEMO)), (None, Some(4)));
    assert_eq!(text(&status["duration"]["completionStatus"]), "FastPromoted");
    let hash = seen.hash(DEMO, "2").to_owned();
    let told = format!("Rollout completed update to revision 2 ({hash}): Full promotion requested");
    case.until("it is told", |seen| seen.events(DEMO, "RolloutCompleted").contains(&told.as_str()));
    case.replay(|seen, _| {
        assert!(seen.step(DEMO) != Some(3) || pauses(seen.status(DEMO)) == 0, "it paused once more");
        // 25 % of 4 may be unavailable.
        assert!(
            seen.set(DEMO, "2").is_null() || seen.ready(DEMO) >= 3,
            "only {} are ready",
            seen.ready(DEMO)
        );
    });
}

fn the_current_step_can_be_skipped(case: &Case<'_>) {
    begin(case);
    let (code, out, said) = case.command(&["promote", DEMO, "--skip-current-step"]);
    assert_eq!((code, out.as_str()), (0, "rollout 'demo' promoted\n"));
    assert!(said.contains("--skip-current-step has been deprecated"), "{said}");
    let seen = case.until_paused_at(3);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (2, 2));
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
}

fn all_steps_can_be_skipped(case: &Case<'_>) {
    begin(case);
    let (code, out, _) = case.command(&["promote", DEMO, "--skip-all-steps"]);
    assert_eq!((code, out.as_str()), (0, "rollout 'demo' promoted\n"));
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 4)]);
    assert_eq!(seen.status(DEMO).get("pauseConditions"), None);
}

fn a_promotion_of_what_is_promoted_changes_nothing(case: &Case<'_>) {
    let before = case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {}}])));
    for words in [&["promote", DEMO][..], &["promote", DEMO, "--full"]] {
        case.user(words);
    }
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    assert_eq!(seen.status(DEMO).get("promoteFull"), None, "a stale promotion would pass the pause");
    assert_eq!(seen.hash(DEMO, "1"), before.hash(DEMO, "1"));
}

fn a_promotion_passes_a_step_whose_pods_are_slow(case: &Case<'_>) {
    case.deploy(canary(4, json!([{"setWeight": 25}, {"setWeight": 50}, {"pause": {}}])));
    case.release_with(DEMO, "2", json!({"aviary.test/ready": "never"}));
    case.until("the canary's pod is there", |seen| seen.pods_of(DEMO, "2").len() == 1);
    assert_eq!(case.now().step(DEMO), Some(0));
    case.user(&["promote", DEMO]);
    case.until("the next step has begun", |seen| seen.step(DEMO) == Some(1) && seen.size(DEMO, "2") == 2);
    case.release_with(DEMO, "3", json!({}));
    let seen = case.until_paused_at(2);
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2"), seen.size(DEMO, "3")), (2, 0, 2));
}
