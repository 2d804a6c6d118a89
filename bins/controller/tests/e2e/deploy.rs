//! The first deploy of a Rollout.

use serde_json::json;

use crate::harness::{Case, DEMO, Kind, canary, int, rollout, service, tests, text, with};

tests! {
    the_first_deploy_skips_every_step_and_is_told,
    a_rollout_without_replicas_gets_one,
    services_select_the_first_version_once_it_is_available,
    users_see_the_first_version,
}

fn the_first_deploy_skips_every_step_and_is_told(case: &Case<'_>) {
    let seen = case.deploy(canary(3, json!([{"setWeight": 20}, {"pause": {}}])));
    let (status, hash) = (seen.status(DEMO), seen.hash(DEMO, "1"));
    assert_eq!((&status["stableRS"], &status["currentStepIndex"]), (&json!(hash), &json!(2)));
    assert_eq!((&status["selector"], &status["HPAReplicas"]), (&json!("app=demo"), &json!(3)));
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 3)]);
    let (set, name) = (seen.set(DEMO, "1"), format!("demo-{hash}"));
    assert_eq!(set["metadata"]["name"], json!(name));
    let owner = &set["metadata"]["ownerReferences"][0];
    assert_eq!((&owner["kind"], &owner["blockOwnerDeletion"]), (&json!("Rollout"), &json!(true)));
    let annotations = &set["metadata"]["annotations"];
    assert_eq!(annotations["rollout.argoproj.io/revision"], "1");
    assert_eq!(annotations["rollout.argoproj.io/desired-replicas"], "3");
    let conditions = ["Available", "Completed", "Healthy", "Progressing"].map(|of| {
        let condition = seen.condition(DEMO, of);
        (of, text(&condition["status"]).to_owned(), text(&condition["reason"]).to_owned())
    });
    let expected = [
        ("Available", "True", "AvailableReason"),
        ("Completed", "True", "RolloutCompleted"),
        ("Healthy", "True", "RolloutHealthy"),
        ("Progressing", "True", "NewReplicaSetAvailable"),
    ];
    assert_eq!(conditions, expected.map(|(of, status, reason)| (of, status.to_owned(), reason.to_owned())));
    let told = [
        ("RolloutUpdated", "Rollout updated to revision 1".to_owned()),
        ("NewReplicaSetCreated", format!("Created ReplicaSet {name} (revision 1)")),
        ("ScalingReplicaSet", format!("Scaled up ReplicaSet {name} (revision 1) from 0 to 3")),
        ("RolloutCompleted", format!("Rollout completed update to revision 1 ({hash}): Initial deploy")),
    ];
    case.until("the events are told", |seen| {
        told.iter().all(|(reason, message)| seen.events(DEMO, reason) == [message])
    });
    case.replay(|seen, _| assert_eq!(seen.status(DEMO).get("pauseConditions"), None));
}

fn a_rollout_without_replicas_gets_one(case: &Case<'_>) {
    let mut object = canary(1, json!([]));
    object["spec"].as_object_mut().unwrap().remove("replicas");
    let seen = case.deploy(object);
    assert_eq!(seen.rollout(DEMO)["spec"]["replicas"], 1);
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 1)]);
}

fn services_select_the_first_version_once_it_is_available(case: &Case<'_>) {
    for name in ["stable", "canary"] {
        case.create(Kind::SERVICE, service(name, DEMO));
    }
    let strategy = json!({"canary": {"stableService": "stable", "canaryService": "canary"}});
    let slow = json!({"aviary.test/ready-after": "1s"});
    case.deploy(with(rollout(DEMO, 2, strategy), "/spec/template/metadata/annotations", slow));
    let seen = case.until("both are switched", |seen| {
        ["stable", "canary"].iter().all(|name| seen.selects(name) == seen.hash(DEMO, "1"))
    });
    let annotations = &seen.get(Kind::SERVICE, "stable")["metadata"]["annotations"];
    assert_eq!(annotations["argo-rollouts.argoproj.io/managed-by-rollouts"], DEMO);
    case.replay(|seen, entry| {
        if entry.kind == Kind::SERVICE && !seen.selects(&entry.name).is_empty() {
            assert_eq!(seen.ready(DEMO), 2, "{} was switched early", entry.name);
        }
    });
}

fn users_see_the_first_version(case: &Case<'_>) {
    let seen = case.deploy(canary(2, json!([{"setWeight": 50}, {"pause": {}}])));
    assert_eq!(case.user(&["status", DEMO]), "Healthy\n");
    let list = case.user(&["list", "rollouts"]);
    let row: Vec<&str> = list.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row, ["demo", "Canary", "Healthy", "2/2", "100", "2/2", "2", "2", "2"]);
    let tree = case.user(&["get", "rollout", DEMO]);
    for part in ["Name:            demo", "example.com/demo:1 (stable)", seen.hash(DEMO, "1"), "revision:1"] {
        assert!(tree.contains(part), "{part} is not in\n{tree}");
    }
    let (code, _, said) = case.command(&["get", "rollout", "nobody"]);
    assert_eq!((code, said.as_str()), (1, "Error: rollout.argoproj.io \"nobody\" not found\n"));
    assert_eq!(int(&case.get(Kind::ROLLOUT, DEMO)["status"]["readyReplicas"]), 2);
}
