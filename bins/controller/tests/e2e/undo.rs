//! Back to an earlier revision.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Seen, canary, tests, text, with};

tests! {
    undo_goes_back_to_the_previous_revision_without_a_new_replica_set,
    undo_goes_back_to_any_revision_in_the_history,
    within_the_rollback_window_no_step_is_waited_for,
    outside_of_the_rollback_window_every_step_is_waited_for,
}

/// Releases versions 2 and 3 after version 1.
fn three_versions(case: &Case<'_>) -> Seen {
    case.deploy(canary(2, json!([])));
    case.release(DEMO, "2");
    case.until_healthy(DEMO);
    case.release(DEMO, "3");
    case.until_healthy(DEMO)
}

fn revision(set: &Value) -> &str {
    text(&set["metadata"]["annotations"]["rollout.argoproj.io/revision"])
}

fn undo_goes_back_to_the_previous_revision_without_a_new_replica_set(case: &Case<'_>) {
    let before = three_versions(case);
    assert_eq!(case.user(&["undo", DEMO]), "rollout 'demo' undo\n");
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 2)]);
    assert_eq!((revision(seen.set(DEMO, "2")), seen.sets(DEMO).count()), ("4", 3));
    assert_eq!(seen.set(DEMO, "2")["metadata"]["uid"], before.set(DEMO, "2")["metadata"]["uid"]);
    assert_eq!(revision(seen.rollout(DEMO)), "4");
}

fn undo_goes_back_to_any_revision_in_the_history(case: &Case<'_>) {
    three_versions(case);
    let (code, _, said) = case.command(&["undo", DEMO, "--to-revision", "7"]);
    assert_eq!((code, said.as_str()), (1, "Error: unable to find specified revision 7 in history\n"));
    assert_eq!(case.user(&["undo", DEMO, "--to-revision", "1"]), "rollout 'demo' undo\n");
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 2)]);
    assert_eq!((revision(seen.set(DEMO, "1")), seen.sets(DEMO).count()), ("4", 3));
    let history = &seen.set(DEMO, "1")["metadata"]["annotations"]["rollout.argoproj.io/revision-history"];
    assert_eq!(history, "1");
}

/// Version 3 is stable, the window is one revision, and every release has a pause.
fn with_a_window(case: &Case<'_>) {
    let object = canary(4, json!([{"setWeight": 25}, {"pause": {}}]));
    case.deploy(with(object, "/spec/rollbackWindow", json!({"revisions": 1})));
    for version in ["2", "3"] {
        case.release(DEMO, version);
        case.until_paused_at(1);
        case.user(&["promote", DEMO, "--full"]);
        case.until_healthy(DEMO);
    }
}

fn within_the_rollback_window_no_step_is_waited_for(case: &Case<'_>) {
    with_a_window(case);
    let begin = case.entries().len();
    case.user(&["undo", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 4)]);
    let hash = seen.hash(DEMO, "2").to_owned();
    let told = format!("Rollout completed update to revision 4 ({hash}): Rollback within window");
    case.until("it is told", |seen| seen.events(DEMO, "RolloutCompleted").contains(&told.as_str()));
    let mut at = 0;
    case.replay(|seen, _| {
        at += 1;
        assert!(at <= begin || seen.status(DEMO).get("pauseConditions").is_none(), "it paused");
        assert!(at <= begin || seen.ready(DEMO) >= 3, "only {} are ready", seen.ready(DEMO));
    });
}

fn outside_of_the_rollback_window_every_step_is_waited_for(case: &Case<'_>) {
    with_a_window(case);
    case.user(&["undo", DEMO, "--to-revision", "1"]);
    let seen = case.until_paused_at(1);
    assert_eq!((seen.size(DEMO, "3"), seen.size(DEMO, "1")), (3, 1));
}
