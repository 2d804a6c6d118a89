//! The template of another workload.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, int, template, tests, text, with};

tests! {
    a_deployment_hands_its_pods_over_and_its_changes_are_released,
    the_template_of_a_replica_set_is_deployed,
    a_pod_template_is_deployed,
    a_workload_that_is_missing_is_told_and_found_when_it_comes,
}

/// A Rollout of two pods with the template of another object.
fn referring(api_version: &str, kind: &str, steps: Value) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": DEMO},
        "spec": {
            "replicas": 2,
            "workloadRef": {"apiVersion": api_version, "kind": kind, "name": "source"},
            "strategy": {"canary": {"steps": steps}},
        },
    })
}

fn source(kind: &str, replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "source"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": DEMO}},
            "template": template(DEMO, "1"),
        },
    })
}

fn a_deployment_hands_its_pods_over_and_its_changes_are_released(case: &Case<'_>) {
    case.create(Kind::DEPLOYMENT, source("Deployment", 2));
    case.until("the deployment runs", |seen| {
        int(&seen.get(Kind::DEPLOYMENT, "source")["status"]["availableReplicas"]) == 2
    });
    let object = referring("apps/v1", "Deployment", json!([{"setWeight": 50}, {"pause": {}}]));
    let seen = case.deploy(with(object, "/spec/workloadRef/scaleDown", json!("onsuccess")));
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 2)]);
    assert_eq!(seen.rollout(DEMO)["spec"].get("template"), None, "the template stays where it is");
    // The Deployment is scaled down meanwhile: its generation rises, and the annotation is written before the status.
    case.until("the Deployment's generation is told", |seen| {
        let rollout = seen.rollout(DEMO);
        let generation = &rollout["metadata"]["annotations"]["rollout.argoproj.io/workload-generation"];
        generation.is_string() && &seen.status(DEMO)["workloadObservedGeneration"] == generation
    });
    case.until("the deployment's pods are gone", |seen| {
        seen.get(Kind::DEPLOYMENT, "source")["spec"]["replicas"] == 0
            && seen.all(Kind::POD).count() == seen.pods(DEMO).count()
    });

    let said = case.user(&["set", "image", DEMO, "main=example.com/demo:2"]);
    assert_eq!(said, "deployment \"source\" image updated\n");
    case.until("half of the pods are of version 2", |seen| {
        (seen.available(DEMO, "1"), seen.available(DEMO, "2")) == (1, 1) && seen.phase(DEMO) == "Paused"
    });
    case.user(&["promote", DEMO]);
    case.until("version 2 runs alone", |seen| {
        seen.versions(DEMO) == [("2".to_owned(), 2)] && seen.is_healthy(DEMO)
    });
    case.user(&["undo", DEMO]);
    case.until("version 1 is asked for", |seen| {
        let image =
            &seen.get(Kind::DEPLOYMENT, "source")["spec"]["template"]["spec"]["containers"][0]["image"];
        text(image) == "example.com/demo:1" && seen.phase(DEMO) == "Paused" && seen.size(DEMO, "1") == 1
    });
}

fn the_template_of_a_replica_set_is_deployed(case: &Case<'_>) {
    case.create(Kind::REPLICA_SET, source("ReplicaSet", 0));
    let seen = case.deploy(referring("apps/v1", "ReplicaSet", json!([])));
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 2)]);
}

fn a_pod_template_is_deployed(case: &Case<'_>) {
    let object = json!({
        "apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "source"},
        "template": template(DEMO, "1"),
    });
    case.create(Kind::POD_TEMPLATE, object);
    let selector = json!({"matchLabels": {"app": DEMO}});
    let seen = case.deploy(with(referring("v1", "PodTemplate", json!([])), "/spec/selector", selector));
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 2)]);
}

fn a_workload_that_is_missing_is_told_and_found_when_it_comes(case: &Case<'_>) {
    case.create(Kind::ROLLOUT, referring("apps/v1", "Deployment", json!([])));
    let seen = case.until("it is told", |seen| seen.phase(DEMO) == "Degraded");
    let message = text(&seen.status(DEMO)["message"]);
    assert!(message.starts_with("InvalidSpec: The Rollout \"demo\" is invalid: "), "{message}");
    assert!(message.contains("not found"), "{message}");
    case.create(Kind::DEPLOYMENT, source("Deployment", 0));
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("1".to_owned(), 2)]);
}
