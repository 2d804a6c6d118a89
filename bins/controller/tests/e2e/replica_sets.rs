//! ReplicaSets: history, names, owners.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, canary, image, template, tests, text, with};

tests! {
    the_history_keeps_as_many_replica_sets_as_it_is_told_to,
    a_name_that_is_taken_leads_to_another_hash,
    pods_of_a_rollout_that_was_deleted_are_adopted_by_the_next,
    a_change_of_defaults_alone_is_no_new_version,
}

fn the_history_keeps_as_many_replica_sets_as_it_is_told_to(case: &Case<'_>) {
    case.deploy(with(canary(1, json!([])), "/spec/revisionHistoryLimit", json!(2)));
    for version in ["2", "3", "4", "5"] {
        case.release(DEMO, version);
        case.until_healthy(DEMO);
    }
    let kept = |version: &str, seen: &crate::harness::Seen| !seen.set(DEMO, version).is_null();
    let seen = case.until("the oldest are gone", |seen| seen.sets(DEMO).count() == 3);
    assert_eq!(
        ["1", "2", "3", "4", "5"].map(|version| kept(version, &seen)),
        [false, false, true, true, true]
    );
}

/// A ReplicaSet that belongs to nobody, and whose labels no selector of ours matches.
fn stranger(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "stranger"}},
            "template": template("stranger", "1"),
        },
    })
}

fn a_name_that_is_taken_leads_to_another_hash(case: &Case<'_>) {
    let seen = case.deploy(canary(1, json!([])));
    let taken = text(&seen.set(DEMO, "1")["metadata"]["name"]).to_owned();
    case.delete(Kind::ROLLOUT, DEMO, "Foreground");
    case.until("it is gone", |seen| seen.rollout(DEMO).is_null() && seen.all(Kind::REPLICA_SET).count() == 0);
    case.create(Kind::REPLICA_SET, stranger(&taken));
    let seen = case.deploy(canary(1, json!([])));
    let set = seen.set(DEMO, "1");
    assert_eq!(seen.status(DEMO)["collisionCount"], 1);
    assert_ne!(text(&set["metadata"]["name"]), taken);
    assert_eq!(seen.status(DEMO)["stableRS"], set["metadata"]["labels"]["rollouts-pod-template-hash"]);
    let stranger = seen.get(Kind::REPLICA_SET, &taken);
    assert_eq!(
        (&stranger["spec"]["replicas"], stranger["metadata"].get("ownerReferences")),
        (&json!(0), None)
    );
}

fn pods_of_a_rollout_that_was_deleted_are_adopted_by_the_next(case: &Case<'_>) {
    let before = case.deploy(canary(2, json!([])));
    case.delete(Kind::ROLLOUT, DEMO, "Orphan");
    case.until("it is gone", |seen| seen.rollout(DEMO).is_null() && seen.sets(DEMO).count() == 0);
    assert_eq!(case.now().all(Kind::POD).count(), 2);
    let seen = case.deploy(canary(2, json!([])));
    assert_eq!(seen.sets(DEMO).count(), 1);
    assert_eq!(seen.set(DEMO, "1")["metadata"]["uid"], before.set(DEMO, "1")["metadata"]["uid"]);
    assert_eq!(seen.names_of(DEMO, "1"), before.names_of(DEMO, "1"));
    assert_eq!(
        seen.set(DEMO, "1")["metadata"]["ownerReferences"][0]["uid"],
        seen.rollout(DEMO)["metadata"]["uid"]
    );
}

fn a_change_of_defaults_alone_is_no_new_version(case: &Case<'_>) {
    let before = case.deploy(canary(2, json!([])));
    case.edit(
        DEMO,
        json!([{"op": "replace", "path": "/spec/template/spec", "value": {
            "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
            "terminationGracePeriodSeconds": 30, "securityContext": {},
            "containers": [{
                "name": "main", "image": image("1"), "imagePullPolicy": "IfNotPresent", "resources": {},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            }],
        }}]),
    );
    case.until("it is observed", |seen| {
        seen.is_observed(DEMO) && seen.rollout(DEMO)["metadata"]["generation"] == 2
    });
    case.let_pass("1s");
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.sets(DEMO).count(), seen.names_of(DEMO, "1")), (1, before.names_of(DEMO, "1")));
}
