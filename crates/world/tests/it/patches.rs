//! Strategic merge patches: a live pod spec, a patch, and what must come out.

use aviary_world::PatchType;
use serde_json::{Value, json};

use crate::harness::{Cluster, workload};

/// Patches the pod spec of a Deployment and compares `field` of it.
fn check(patch: Value, field: &str, expected: Value) {
    let mut cluster = Cluster::new();
    let mut deployment = workload("shop", 1);
    deployment["spec"]["template"]["spec"] = json!({
        "containers": [{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}, {"name": "b", "image": "b:1"}],
        "tolerations": [{"key": "old"}],
        "volumes": [{"name": "data", "emptyDir": {}}],
    });
    cluster.create("apps/v1/deployments", deployment).unwrap();
    let patch = json!({"spec": {"template": {"spec": patch}}});
    let patched = cluster.patch("apps/v1/deployments", "shop", PatchType::Strategic, patch).unwrap();
    let mut found = patched["spec"]["template"]["spec"][field].clone();
    for container in found.as_array_mut().into_iter().flatten() {
        // Without what the server fills in.
        for filled in ["imagePullPolicy", "resources", "terminationMessagePath", "terminationMessagePolicy"] {
            container.as_object_mut().unwrap().remove(filled);
        }
    }
    assert_eq!(found, expected);
}

/// What is new comes first, as the real server has it.
#[test]
fn items_merge_by_their_key() {
    check(
        json!({"containers": [{"name": "b", "image": "b:2"}, {"name": "c", "image": "c:1"}]}),
        "containers",
        json!([
            {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]},
            {"name": "b", "image": "b:2"},
            {"name": "c", "image": "c:1"},
        ]),
    );
    check(
        json!({"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}]}),
        "containers",
        json!([
            {"name": "a", "image": "a:1", "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}]},
            {"name": "b", "image": "b:1"},
        ]),
    );
}

#[test]
fn items_are_deleted_replaced_and_ordered() {
    check(
        json!({"containers": [{"name": "a", "$patch": "delete"}]}),
        "containers",
        json!([{"name": "b", "image": "b:1"}]),
    );
    check(
        json!({"containers": [{"$patch": "replace"}, {"name": "c", "image": "c:1"}]}),
        "containers",
        json!([{"name": "c", "image": "c:1"}]),
    );
    check(
        json!({
            "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}],
            "containers": [{"name": "c", "image": "c:1"}],
        }),
        "containers",
        json!([
            {"name": "c", "image": "c:1"},
            {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]},
            {"name": "b", "image": "b:1"},
        ]),
    );
}

#[test]
fn lists_without_a_key_are_replaced_and_kept_keys_are_kept() {
    check(json!({"tolerations": [{"key": "new"}]}), "tolerations", json!([{"key": "new"}]));
    check(
        json!({"volumes": [{"name": "data", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/tmp"}}]}),
        "volumes",
        json!([{"name": "data", "hostPath": {"path": "/tmp"}}]),
    );
}

#[test]
fn single_values_leave_a_list_of_values() {
    let mut cluster = Cluster::new();
    let map = json!({"metadata": {"name": "a", "finalizers": ["example.com/x", "example.com/y"]}});
    cluster.create("v1/configmaps", map).unwrap();
    let patch = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/x"], "finalizers": ["example.com/z"]}});
    let patched = cluster.patch("v1/configmaps", "a", PatchType::Strategic, patch).unwrap();
    assert_eq!(patched["metadata"]["finalizers"], json!(["example.com/z", "example.com/y"]));
}
