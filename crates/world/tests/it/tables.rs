//! The tables of `kubectl get`.

use aviary_world::IncludeObject;
use serde_json::{Value, json};

use crate::harness::{Cluster, resource, workload};

fn cells(cluster: &Cluster, path: &str) -> Vec<Value> {
    let resource = resource(path, "");
    let objects: Vec<_> =
        cluster.world.objects(&resource.group, &resource.plural, &resource.namespace).cloned().collect();
    let table = cluster.world.table(&resource, &objects, cluster.now, IncludeObject::None);
    table["rows"].as_array().unwrap().iter().map(|row| row["cells"].clone()).collect()
}

#[test]
fn workloads_services_and_pods_are_shown_as_kubectl_shows_them() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/replicasets", workload("shop", 1)).unwrap();
    let service = json!({"metadata": {"name": "shop"}, "spec": {"clusterIP": "10.96.1.1", "selector": {"app": "shop"}, "ports": [{"port": 80}]}});
    cluster.create("v1/services", service).unwrap();
    cluster.run_pods();
    cluster.wait(125);
    assert_eq!(
        cells(&cluster, "apps/v1/replicasets"),
        [json!(["shop", 1, 1, 1, "2m5s", "main", "shop:1", "app=shop"])]
    );
    assert_eq!(
        cells(&cluster, "v1/services"),
        [json!(["shop", "ClusterIP", "10.96.1.1", "<none>", "80/TCP", "2m5s", "app=shop"])]
    );
    let pod = cluster.names("", "pods").remove(0);
    assert_eq!(
        cells(&cluster, "v1/pods"),
        [json!([pod, "0/1", "Running", "0", "2m5s", "10.0.0.1", "node-1", "<none>", "<none>"])]
    );
    assert_eq!(cells(&cluster, "v1/endpoints"), [json!(["shop", "10.0.0.1:80", "2m5s"])]);
}

#[test]
fn a_pods_status_is_the_one_word_that_tells_most() {
    let mut cluster = Cluster::new();
    let pod =
        json!({"metadata": {"name": "shop"}, "spec": {"containers": [{"name": "main", "image": "shop:1"}]}});
    cluster.create("v1/pods", pod).unwrap();
    let crash = json!({"status": {"phase": "Running", "containerStatuses": [
        {"name": "main", "ready": false, "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
         "lastState": {"terminated": {"finishedAt": "2026-01-31T11:59:00Z"}}},
    ]}});
    cluster.merge_status("v1/pods", "shop", crash).unwrap();
    let row = cells(&cluster, "v1/pods").remove(0);
    assert_eq!(
        (&row[1], &row[2], &row[3]),
        (&json!("0/1"), &json!("CrashLoopBackOff"), &json!("3 (60s ago)"))
    );
}

#[test]
fn other_kinds_show_name_and_age() {
    let mut cluster = Cluster::new();
    cluster.create("v1/limitranges", json!({"metadata": {"name": "small"}})).unwrap();
    cluster
        .create("v1/configmaps", json!({"metadata": {"name": "settings"}, "data": {"a": "1", "b": "2"}}))
        .unwrap();
    assert_eq!(cells(&cluster, "v1/limitranges"), [json!(["small", "0s"])]);
    assert_eq!(cells(&cluster, "v1/configmaps"), [json!(["settings", 2, "0s"])]);
}
