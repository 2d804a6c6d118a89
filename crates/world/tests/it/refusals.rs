//! Refusals in the words of the real server.

use aviary_world::{PatchType, Request, Status};
use serde_json::{Value, json};

use crate::harness::{Answer, Cluster, resource, workload};

fn check(answer: Answer, code: u16, reason: &str, message: &str) {
    let Status { code: found, reason: why, message: said, .. } = answer.unwrap_err();
    assert_eq!((found, why, said.as_str()), (code, reason, message));
}

fn map(name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": {"colour": "blue"}})
}

#[test]
fn what_is_missing_is_not_found() {
    let mut cluster = Cluster::new();
    check(cluster.get("v1/pods", "none"), 404, "NotFound", "pods \"none\" not found");
    check(cluster.get("apps/v1/replicasets", "none"), 404, "NotFound", "replicasets.apps \"none\" not found");
    check(
        cluster.get("example.com/v1/birds", "none"),
        404,
        "NotFound",
        "the server could not find the requested resource",
    );
    let mut place = resource("v1/configmaps", "");
    place.namespace = "nowhere".to_owned();
    check(
        cluster.send(&Request::create(place, map("a"))).map(|r| r.body),
        404,
        "NotFound",
        "namespaces \"nowhere\" not found",
    );
}

#[test]
fn a_name_is_taken_once() {
    let mut cluster = Cluster::new();
    cluster.create("v1/configmaps", map("a")).unwrap();
    check(cluster.create("v1/configmaps", map("a")), 409, "AlreadyExists", "configmaps \"a\" already exists");
}

#[test]
fn a_writer_that_has_seen_an_older_version_conflicts() {
    let mut cluster = Cluster::new();
    let old = cluster.create("apps/v1/replicasets", workload("shop", 1)).unwrap();
    cluster.merge("apps/v1/replicasets", "shop", json!({"spec": {"replicas": 2}})).unwrap();
    let message = "Operation cannot be fulfilled on replicasets.apps \"shop\": the object has been modified; please \
        apply your changes to the latest version and try again";
    check(cluster.update("apps/v1/replicasets", Value::clone(&old)), 409, "Conflict", message);
    let stale =
        json!({"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "spec": {"replicas": 9}});
    check(cluster.merge("apps/v1/replicasets", "shop", stale), 409, "Conflict", message);
}

#[test]
fn another_incarnation_is_not_deleted() {
    let mut cluster = Cluster::new();
    let uid =
        cluster.create("v1/configmaps", map("a")).unwrap()["metadata"]["uid"].as_str().unwrap().to_owned();
    check(
        cluster.delete("v1/configmaps", "a", json!({"preconditions": {"uid": "other"}})),
        409,
        "Conflict",
        &format!(
            "Operation cannot be fulfilled on configmaps \"a\": Precondition failed: UID in precondition: other, UID in object meta: {uid}"
        ),
    );
    cluster.delete("v1/configmaps", "a", json!({"preconditions": {"uid": uid}})).unwrap();
}

#[test]
fn invalid_objects_name_every_field() {
    let mut cluster = Cluster::new();
    let pod = json!({"metadata": {"name": "Shop"}, "spec": {"containers": [{"name": "main"}]}});
    check(
        cluster.create("v1/pods", pod),
        422,
        "Invalid",
        "Pod \"Shop\" is invalid: [metadata.name: Invalid value: \"Shop\": a lowercase RFC 1123 subdomain must consist of \
         lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
         'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), \
         spec.containers[0].image: Required value]",
    );
    let mut other = workload("shop", 1);
    other["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    check(
        cluster.create("apps/v1/deployments", other),
        422,
        "Invalid",
        "Deployment.apps \"shop\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: \
         `selector` does not match template `labels`",
    );
}

#[test]
fn selectors_of_workloads_stay() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/replicasets", workload("shop", 1)).unwrap();
    let labels = json!({"app": "shop", "tier": "web"});
    let patch =
        json!({"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}});
    let refusal = cluster.merge("apps/v1/replicasets", "shop", patch).unwrap_err();
    assert!(refusal.message.ends_with("field is immutable"), "{}", refusal.message);
}

#[test]
fn bodies_must_fit_their_url() {
    let mut cluster = Cluster::new();
    cluster.create("v1/configmaps", map("a")).unwrap();
    let renamed = Request::update(resource("v1/configmaps", "a"), map("b"));
    check(
        cluster.send(&renamed).map(|r| r.body),
        400,
        "BadRequest",
        "the name of the object (b) does not match the name on the URL (a)",
    );
    let elsewhere = json!({"metadata": {"name": "c", "namespace": "kube-system"}});
    check(
        cluster.create("v1/configmaps", elsewhere),
        400,
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request",
    );
    let wrong = json!({"apiVersion": "apps/v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    check(
        cluster.create("v1/configmaps", wrong),
        400,
        "BadRequest",
        "the API version in the data (apps/v1) does not match the expected API version (v1)",
    );
}

#[test]
fn a_failing_test_of_a_json_patch_is_unprocessable() {
    let mut cluster = Cluster::new();
    cluster.create("v1/configmaps", map("a")).unwrap();
    let patch = json!([{"op": "test", "path": "/data/colour", "value": "red"}]);
    check(
        cluster.patch("v1/configmaps", "a", PatchType::Json, patch),
        422,
        "Invalid",
        "the server rejected our request due to an error in our request",
    );
}

#[test]
fn the_default_namespace_stays() {
    let mut cluster = Cluster::new();
    check(
        cluster.delete("v1/namespaces", "default", json!({})),
        403,
        "Forbidden",
        "namespaces \"default\" is forbidden: this namespace may not be deleted",
    );
}

#[test]
fn a_dry_run_judges_and_stores_nothing() {
    let mut cluster = Cluster::new();
    let before = cluster.world.version();
    let mut request = Request::create(resource("v1/configmaps", ""), map("a"));
    request.options.dry_run = true;
    assert_eq!(cluster.send(&request).unwrap().code, 201);
    cluster.create("v1/configmaps", map("b")).unwrap();
    let mut request = Request::delete(resource("v1/configmaps", "b"));
    request.options.dry_run = true;
    cluster.send(&request).unwrap();
    assert_eq!(cluster.world.version(), before + 1);
    assert_eq!(cluster.names("", "configmaps"), ["b"]);
}
