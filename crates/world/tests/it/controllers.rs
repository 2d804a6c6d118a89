//! The built-in controllers.

use aviary_world::Request;
use serde_json::{Value, json};

use crate::harness::{Cluster, resource, workload};

#[test]
fn a_replica_set_keeps_as_many_pods_as_asked_for() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/replicasets", workload("shop", 3)).unwrap();
    cluster.run_pods();
    assert_eq!(
        cluster.get("apps/v1/replicasets", "shop").unwrap()["status"],
        json!({"replicas": 3, "fullyLabeledReplicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 1})
    );
    cluster.merge("apps/v1/replicasets", "shop", json!({"spec": {"replicas": 1}})).unwrap();
    cluster.run_pods();
    cluster.run_pods();
    assert_eq!(cluster.names("", "pods").len(), 1);
    let lost = cluster.names("", "pods").remove(0);
    cluster.delete("v1/pods", &lost, json!({"gracePeriodSeconds": 0})).unwrap();
    cluster.run_pods();
    assert_eq!(cluster.names("", "pods").len(), 1);
    assert_ne!(cluster.names("", "pods"), [lost]);
}

#[test]
fn a_pod_is_available_only_after_min_ready_seconds() {
    let mut cluster = Cluster::new();
    let mut set = workload("shop", 1);
    set["spec"]["minReadySeconds"] = json!(30);
    cluster.create("apps/v1/replicasets", set).unwrap();
    cluster.run_pods();
    let available = |cluster: &mut Cluster| {
        cluster.get("apps/v1/replicasets", "shop").unwrap()["status"]["availableReplicas"].clone()
    };
    assert_eq!(available(&mut cluster), Value::Null);
    let next = cluster.step().unwrap();
    assert_eq!(next.duration_since(cluster.now).as_secs(), 30);
    cluster.wait(30);
    assert_eq!(available(&mut cluster), json!(1));
}

#[test]
fn an_unready_pod_goes_before_a_ready_one() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/replicasets", workload("shop", 2)).unwrap();
    cluster.run_pods();
    let broken = cluster.names("", "pods").pop().unwrap();
    let unready = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
    cluster.merge_status("v1/pods", &broken, unready).unwrap();
    cluster.merge("apps/v1/replicasets", "shop", json!({"spec": {"replicas": 1}})).unwrap();
    cluster.run_pods();
    assert!(!cluster.names("", "pods").contains(&broken));
}

#[test]
fn a_pod_without_controller_is_adopted_and_an_unlabelled_one_released() {
    let mut cluster = Cluster::new();
    let pod = json!({"metadata": {"name": "stray", "labels": {"app": "shop"}}, "spec": {"containers": [{"name": "main", "image": "shop:1"}]}});
    cluster.create("v1/pods", pod).unwrap();
    cluster.create("apps/v1/replicasets", workload("shop", 1)).unwrap();
    cluster.step();
    assert_eq!(cluster.names("", "pods"), ["stray"]);
    cluster.merge("v1/pods", "stray", json!({"metadata": {"labels": {"app": "debug"}}})).unwrap();
    cluster.step();
    assert_eq!(cluster.names("", "pods").len(), 2);
    assert_eq!(cluster.get("v1/pods", "stray").unwrap()["metadata"].get("ownerReferences"), None);
}

#[test]
fn a_deployment_replaces_its_pods_without_falling_below_what_is_promised() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/deployments", workload("shop", 4)).unwrap();
    cluster.run_pods();
    let change = json!({"spec": {"template": {"metadata": {"annotations": {"version": "2"}}}}});
    cluster.merge("apps/v1/deployments", "shop", change).unwrap();
    for _ in 0..10 {
        cluster.run_pods();
        let deployment = cluster.get("apps/v1/deployments", "shop").unwrap();
        assert!(deployment["status"]["availableReplicas"].as_i64() >= Some(3), "{}", deployment["status"]);
        assert!(deployment["status"]["replicas"].as_i64() <= Some(5), "{}", deployment["status"]);
    }
    let deployment = cluster.get("apps/v1/deployments", "shop").unwrap();
    assert_eq!(deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
    assert_eq!(deployment["status"]["conditions"][1]["reason"], "NewReplicaSetAvailable");
    let counts = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]
        .map(|count| deployment["status"][count].as_i64());
    assert_eq!(counts, [Some(4); 4]);
    let sizes: Vec<Value> = cluster
        .world
        .objects("apps", "replicasets", "default")
        .map(|set| set["spec"]["replicas"].clone())
        .collect();
    assert_eq!(sizes.iter().filter_map(Value::as_i64).sum::<i64>(), 4);
    assert_eq!(sizes.len(), 2);
}

#[test]
fn a_deployment_without_progress_says_so_after_its_deadline() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/deployments", workload("shop", 1)).unwrap();
    cluster.step();
    cluster.wait(600);
    let status = cluster.get("apps/v1/deployments", "shop").unwrap()["status"].clone();
    assert_eq!(status["conditions"][1]["reason"], "ProgressDeadlineExceeded");
}

#[test]
fn a_job_runs_until_enough_pods_succeeded() {
    let mut cluster = Cluster::new();
    let job = json!({
        "metadata": {"name": "load"},
        "spec": {"completions": 2, "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "load:1"}]}}},
    });
    cluster.create("batch/v1/jobs", job).unwrap();
    for _ in 0..2 {
        cluster.step();
        let running: Vec<String> = cluster
            .world
            .objects("", "pods", "default")
            .filter(|pod| pod["status"]["phase"] == "Pending")
            .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(running.len(), 1);
        cluster.merge_status("v1/pods", &running[0], json!({"status": {"phase": "Succeeded"}})).unwrap();
    }
    cluster.step();
    let status = cluster.get("batch/v1/jobs", "load").unwrap()["status"].clone();
    assert_eq!(status["conditions"][0]["type"], "Complete");
    assert_eq!(status["succeeded"], 2);
}

#[test]
fn a_job_gives_up_after_its_backoff_limit() {
    let mut cluster = Cluster::new();
    let job = json!({
        "metadata": {"name": "load"},
        "spec": {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "load:1"}]}}},
    });
    cluster.create("batch/v1/jobs", job).unwrap();
    cluster.step();
    let pod = cluster.names("", "pods").remove(0);
    cluster.merge_status("v1/pods", &pod, json!({"status": {"phase": "Failed"}})).unwrap();
    cluster.step();
    let status = cluster.get("batch/v1/jobs", "load").unwrap()["status"].clone();
    assert_eq!(status["conditions"][0]["reason"], "BackoffLimitExceeded");
}

#[test]
fn ready_pods_stand_behind_their_service_and_broken_ones_do_not() {
    let mut cluster = Cluster::new();
    let service = json!({"metadata": {"name": "shop"}, "spec": {"selector": {"app": "shop"}, "ports": [{"port": 80, "targetPort": "http"}]}});
    cluster.create("v1/services", service).unwrap();
    cluster.create("apps/v1/replicasets", workload("shop", 2)).unwrap();
    cluster.run_pods();
    let broken = cluster.names("", "pods").pop().unwrap();
    let unready = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
    cluster.merge_status("v1/pods", &broken, unready).unwrap();
    cluster.step();
    let subset = cluster.get("v1/endpoints", "shop").unwrap()["subsets"][0].clone();
    assert_eq!(subset["ports"], json!([{"port": 8080, "protocol": "TCP"}]));
    assert_eq!(subset["addresses"].as_array().unwrap().len(), 1);
    assert_eq!(subset["notReadyAddresses"][0]["targetRef"]["name"], broken);
    let slice =
        cluster.world.objects("discovery.k8s.io", "endpointslices", "default").next().unwrap().clone();
    let ready: Vec<&Value> =
        slice["endpoints"].as_array().unwrap().iter().map(|one| &one["conditions"]["ready"]).collect();
    assert_eq!(ready.iter().filter(|ready| ***ready == json!(true)).count(), 1);
    cluster.delete("v1/services", "shop", json!({})).unwrap();
    cluster.step();
    assert_eq!(cluster.names("discovery.k8s.io", "endpointslices"), Vec::<String>::new());
    assert_eq!(cluster.names("", "endpoints"), Vec::<String>::new());
}

#[test]
fn deletion_takes_dependents_along_in_the_background() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/deployments", workload("shop", 2)).unwrap();
    cluster.step();
    cluster.delete("apps/v1/deployments", "shop", json!({})).unwrap();
    cluster.step();
    assert_eq!(cluster.names("apps", "replicasets"), Vec::<String>::new());
    assert_eq!(cluster.names("", "pods"), Vec::<String>::new());
}

#[test]
fn orphaned_dependents_stay() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/replicasets", workload("shop", 2)).unwrap();
    cluster.step();
    cluster.delete("apps/v1/replicasets", "shop", json!({"propagationPolicy": "Orphan"})).unwrap();
    cluster.step();
    assert_eq!(cluster.names("apps", "replicasets"), Vec::<String>::new());
    assert_eq!(cluster.names("", "pods").len(), 2);
}

#[test]
fn foreground_deletion_waits_for_what_blocks_it() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/replicasets", workload("shop", 1)).unwrap();
    cluster.run_pods();
    cluster.delete("apps/v1/replicasets", "shop", json!({"propagationPolicy": "Foreground"})).unwrap();
    cluster.step();
    let waiting = cluster.get("apps/v1/replicasets", "shop").unwrap();
    assert_eq!(waiting["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    // The pod ends: its kubelet says so.
    cluster.run_pods();
    assert_eq!(cluster.get("apps/v1/replicasets", "shop").unwrap_err().code, 404);
}

#[test]
fn a_deleted_namespace_takes_its_contents_along_and_refuses_new_ones() {
    let mut cluster = Cluster::new();
    cluster.create("v1/namespaces", json!({"metadata": {"name": "team"}})).unwrap();
    let mut place = resource("v1/configmaps", "");
    place.namespace = "team".to_owned();
    let map = json!({"metadata": {"name": "held", "finalizers": ["example.com/hold"]}});
    cluster.send(&Request::create(place.clone(), map)).unwrap();
    cluster.delete("v1/namespaces", "team", json!({})).unwrap();
    cluster.step();
    let refusal =
        cluster.send(&Request::create(place.clone(), json!({"metadata": {"name": "late"}}))).unwrap_err();
    assert_eq!(
        refusal.message,
        "configmaps \"late\" is forbidden: unable to create new content in namespace team because it is being terminated"
    );
    place.name = "held".to_owned();
    let release = json!({"metadata": {"finalizers": null}});
    cluster.send(&Request::patch(place, aviary_world::PatchType::Merge, release)).unwrap();
    cluster.step();
    assert_eq!(cluster.get("v1/namespaces", "team").unwrap_err().code, 404);
}

#[test]
fn a_disruption_budget_refuses_an_eviction_too_many() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/replicasets", workload("shop", 2)).unwrap();
    cluster.run_pods();
    let budget = json!({"metadata": {"name": "shop"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "shop"}}}});
    cluster.create("policy/v1/poddisruptionbudgets", budget).unwrap();
    let names = cluster.names("", "pods");
    let evict = |name: &str| Request::create(resource("v1/pods", name).subresource("eviction"), json!({}));
    cluster.send(&evict(&names[0])).unwrap();
    let refusal = cluster.send(&evict(&names[1])).unwrap_err();
    assert_eq!((refusal.code, refusal.reason), (429, "TooManyRequests"));
    assert_eq!(
        refusal.details["causes"][0]["message"],
        "The disruption budget shop needs 1 healthy pods and has 1 currently"
    );
}
