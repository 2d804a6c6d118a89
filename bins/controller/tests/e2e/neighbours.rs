//! What concerns one Rollout concerns no other, and what is over is left alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, Seen, canary, rollout, tests, text};

tests! {
    what_a_deleted_rollout_owned_goes_with_it,
    two_rollouts_of_a_namespace_do_not_disturb_each_other,
    a_finished_release_is_never_written_again,
}

fn what_a_deleted_rollout_owned_goes_with_it(case: &Case<'_>) {
    case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {}}])));
    case.release(DEMO, "2");
    case.until_paused_at(1);
    case.delete(Kind::ROLLOUT, DEMO, "Background");
    case.until("all of it is gone", |seen| {
        let kinds = [Kind::ROLLOUT, Kind::REPLICA_SET, Kind::POD];
        kinds.iter().all(|kind| seen.all(*kind).count() == 0)
    });
    // The name is free again.
    let seen = case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {}}])));
    assert_eq!(seen.rollout(DEMO)["metadata"]["annotations"]["rollout.argoproj.io/revision"], "1");
}

/// Names and versions of everything of a Rollout that a controller could write.
fn written(seen: &Seen, rollout: &str) -> BTreeMap<String, String> {
    let of = |object: &Value| {
        let meta = &object["metadata"];
        (text(&meta["name"]).to_owned(), text(&meta["resourceVersion"]).to_owned())
    };
    let own = [seen.rollout(rollout)];
    own.into_iter().chain(seen.sets(rollout)).chain(seen.pods(rollout)).map(of).collect()
}

fn two_rollouts_of_a_namespace_do_not_disturb_each_other(case: &Case<'_>) {
    let steps = json!([{"setWeight": 50}, {"pause": {}}]);
    case.deploy(canary(2, steps.clone()));
    case.deploy(rollout("other", 2, json!({"canary": {"steps": steps}})));
    case.release(DEMO, "2");
    case.until("its status is at rest", |seen| {
        seen.is_paused_at(DEMO, 1) && seen.condition(DEMO, "Paused")["status"] == "True"
    });
    let before = written(&case.now(), DEMO);
    case.release("other", "2");
    case.until("the other is paused", |seen| seen.is_paused_at("other", 1));
    case.user(&["abort", "other"]);
    case.until("the other is given up", |seen| {
        seen.phase("other") == "Degraded" && seen.versions("other") == [("1".to_owned(), 2)]
    });
    assert_eq!(written(&case.now(), DEMO), before);
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions("other"), [("1".to_owned(), 2)]);
}

fn a_finished_release_is_never_written_again(case: &Case<'_>) {
    case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {"duration": 1}}])));
    case.release(DEMO, "2");
    case.until("it is healthy and at rest", |seen| {
        seen.is_healthy(DEMO)
            && seen.condition(DEMO, "Healthy")["status"] == "True"
            && seen.pods(DEMO).count() == 2
            && seen.sets(DEMO).all(|set| set["spec"]["replicas"] == set["status"]["replicas"])
    });
    let before = written(&case.now(), DEMO);
    case.let_pass("5s");
    assert_eq!(written(&case.now(), DEMO), before);
}
