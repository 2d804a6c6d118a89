//! Server-side apply and field ownership.

use aviary_world::{PatchType, Request};
use serde_json::{Value, json};

use crate::harness::{Cluster, plain, resource, workload};

fn config(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data})
}

fn owners(object: &Value) -> Vec<(String, String, Value)> {
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
    entries
        .iter()
        .map(|entry| (text(entry, "manager"), text(entry, "operation"), entry["fieldsV1"].clone()))
        .collect()
}

#[test]
fn applying_creates_and_owns_what_was_applied() {
    let mut cluster = Cluster::new();
    let made = cluster.apply("v1/configmaps", "settings", "team", config(json!({"a": "1"}))).unwrap();
    assert_eq!(owners(&made), [("team".to_owned(), "Apply".to_owned(), json!({"f:data": {"f:a": {}}}))]);
}

#[test]
fn another_manager_conflicts_until_it_forces() {
    let mut cluster = Cluster::new();
    cluster.apply("v1/configmaps", "settings", "team", config(json!({"a": "1", "b": "1"}))).unwrap();
    let refusal = cluster.apply("v1/configmaps", "settings", "other", config(json!({"a": "2"}))).unwrap_err();
    assert_eq!((refusal.code, refusal.reason), (409, "Conflict"));
    assert_eq!(refusal.message, "Apply failed with 1 conflict: conflict with \"team\": .data.a");
    assert_eq!(refusal.details["causes"][0]["field"], ".data.a");
    let refusal =
        cluster.apply("v1/configmaps", "settings", "other", config(json!({"a": "2", "b": "2"}))).unwrap_err();
    assert_eq!(
        refusal.message,
        "Apply failed with 2 conflicts: conflicts with \"team\":\n- .data.a\n- .data.b"
    );

    let mut forced =
        Request::patch(resource("v1/configmaps", "settings"), PatchType::Apply, config(json!({"a": "2"})))
            .by("other");
    forced.options.force = true;
    let forced = cluster.send(&forced).unwrap().body;
    assert_eq!(forced["data"], json!({"a": "2", "b": "1"}));
    assert_eq!(
        owners(&forced),
        [
            ("team".to_owned(), "Apply".to_owned(), json!({"f:data": {"f:b": {}}})),
            ("other".to_owned(), "Apply".to_owned(), json!({"f:data": {"f:a": {}}})),
        ]
    );
}

#[test]
fn the_same_value_is_owned_together() {
    let mut cluster = Cluster::new();
    cluster.apply("v1/configmaps", "settings", "team", config(json!({"a": "1"}))).unwrap();
    cluster.apply("v1/configmaps", "settings", "other", config(json!({"a": "1"}))).unwrap();
    let left = cluster.apply("v1/configmaps", "settings", "team", config(json!({}))).unwrap();
    assert_eq!(left["data"], json!({"a": "1"}));
    let left = cluster.apply("v1/configmaps", "settings", "other", config(json!({}))).unwrap();
    assert_ne!(left["data"], json!({"a": "1"}));
}

#[test]
fn an_update_takes_the_fields_that_it_changes() {
    let mut cluster = Cluster::new();
    cluster.apply("apps/v1/deployments", "shop", "team", workload("shop", 2)).unwrap();
    let resize = Request::patch(
        resource("apps/v1/deployments", "shop"),
        PatchType::Merge,
        json!({"spec": {"replicas": 5}}),
    );
    cluster.send(&resize.by("autoscaler")).unwrap();
    let refusal = cluster.apply("apps/v1/deployments", "shop", "team", workload("shop", 2)).unwrap_err();
    assert_eq!(
        refusal.message,
        "Apply failed with 1 conflict: conflict with \"autoscaler\" using apps/v1: .spec.replicas"
    );
    let mut without = workload("shop", 2);
    without["spec"].as_object_mut().unwrap().remove("replicas");
    let left = cluster.apply("apps/v1/deployments", "shop", "team", without).unwrap();
    assert_eq!(left["spec"]["replicas"], 5);
}

#[test]
fn containers_merge_by_name_and_go_when_nobody_applies_them() {
    let mut cluster = Cluster::new();
    cluster.apply("apps/v1/deployments", "shop", "team", workload("shop", 1)).unwrap();
    let sidecar = |image: &str| {
        json!({
            "metadata": {"name": "shop"},
            "spec": {"template": {"spec": {"containers": [{"name": "mesh", "image": image}]}}},
        })
    };
    let both = cluster.apply("apps/v1/deployments", "shop", "mesh", sidecar("mesh:1")).unwrap();
    let names = |object: &Value| -> Vec<String> {
        let containers = object["spec"]["template"]["spec"]["containers"].as_array().unwrap();
        containers.iter().map(|container| container["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&both), ["main", "mesh"]);
    let gone =
        cluster.apply("apps/v1/deployments", "shop", "mesh", json!({"metadata": {"name": "shop"}})).unwrap();
    assert_eq!(names(&gone), ["main"]);
}

#[test]
fn applying_and_unapplying_leaves_nothing() {
    let mut cluster = Cluster::new();
    let before = cluster.create("apps/v1/deployments", workload("shop", 1)).unwrap();
    let extra = json!({
        "metadata": {"name": "shop", "labels": {"team": "a"}, "annotations": {"note": "x"}, "finalizers": ["example.com/hold"]},
        "spec": {"template": {"spec": {"containers": [{"name": "main", "env": [{"name": "A", "value": "1"}]}]}}},
    });
    cluster.apply("apps/v1/deployments", "shop", "extra", extra).unwrap();
    let after =
        cluster.apply("apps/v1/deployments", "shop", "extra", json!({"metadata": {"name": "shop"}})).unwrap();
    assert_eq!(plain(&after), plain(&before));
}

#[test]
fn a_repeated_apply_is_no_write() {
    let mut cluster = Cluster::new();
    let first = cluster.apply("v1/configmaps", "settings", "team", config(json!({"a": "1"}))).unwrap();
    cluster.wait(60);
    let second = cluster.apply("v1/configmaps", "settings", "team", config(json!({"a": "1"}))).unwrap();
    assert_eq!(first, second);
}

#[test]
fn a_port_without_a_protocol_is_that_of_tcp() {
    let mut cluster = Cluster::new();
    let service = |port: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [port]}});
    cluster.apply("v1/services", "web", "team", service(json!({"port": 80}))).unwrap();
    let again = cluster
        .apply("v1/services", "web", "team", service(json!({"port": 80, "targetPort": 8080})))
        .unwrap();
    let ports = again["spec"]["ports"].as_array().unwrap();
    assert_eq!((ports.len(), &ports[0]["targetPort"]), (1, &json!(8080)), "{ports:?}");
}

#[test]
fn applying_needs_a_manager() {
    let mut cluster = Cluster::new();
    let refusal = cluster.apply("v1/configmaps", "settings", "", config(json!({}))).unwrap_err();
    assert_eq!(
        refusal.message,
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
    );
}
