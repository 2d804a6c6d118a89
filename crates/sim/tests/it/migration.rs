//! From a Deployment to a Rollout that refers to it, and back, without a pod too few.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aviary_sim::Simulation;
use jiff::Timestamp;
use serde_json::{Value, json};
use world::World;

const READY: &str = "/status/readyReplicas";

fn manifests(scale_down: &str, strategy: &Value) -> Vec<Value> {
    vec![
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": {
            "replicas": 4, "selector": {"matchLabels": {"app": "shop"}},
            "template": {"metadata": {"labels": {"app": "shop"}},
                "spec": {"containers": [{"name": "shop", "image": "shop:1"}]}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"},
            "spec": {"selector": {"app": "shop"}, "ports": [{"port": 80}]}}),
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "shop"}, "spec": {
            "replicas": 4, "strategy": strategy,
            "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop", "scaleDown": scale_down}}}),
    ]
}

fn number(object: Option<&Arc<Value>>, path: &str) -> i64 {
    object.and_then(|object| object.pointer(path)).and_then(Value::as_i64).unwrap_or(0)
}

/// The ready pods of all, whoever owns them.
fn ready(world: &World) -> i64 {
    world.objects("apps", "replicasets", "default").map(|set| number(Some(set), READY)).sum()
}

#[test]
fn a_deployment_hands_over_to_a_rollout_without_a_pod_too_few() {
    let canary = json!({"canary": {}});
    let blue_green = json!({"blueGreen": {"activeService": "shop"}});
    for (scale_down, strategy, left) in [
        ("progressively", &canary, 0),
        ("progressively", &blue_green, 0),
        ("onsuccess", &canary, 0),
        ("onsuccess", &blue_green, 0),
        ("never", &canary, 4),
        ("", &canary, 4),
    ] {
        let least: Arc<Mutex<Option<i64>>> = Arc::default();
        let seen = Arc::clone(&least);
        // Counted from the moment at which the Deployment has all its pods.
        let probe = move |world: &World, _: Timestamp| {
            let ready = ready(world);
            let mut least = seen.lock().unwrap();
            if least.is_some() || ready >= 4 {
                *least = Some(least.map_or(ready, |least| least.min(ready)));
            }
        };
        let manifests = manifests(scale_down, strategy);
        let mut simulation = Simulation::new(manifests, "2026-01-31T12:00:00Z".parse().unwrap()).unwrap();
        simulation = simulation.with_probe(probe);
        simulation.run_for(Duration::from_secs(300));
        let what = format!("{scale_down} {strategy}:\n{}", simulation.timeline());
        let deployment = simulation.world().object("apps", "deployments", "default", "shop");
        assert_eq!(number(deployment, "/spec/replicas"), left, "{what}");
        assert_eq!(*least.lock().unwrap(), Some(4), "{what}");
        let rollout = simulation.rollout("default", "shop").unwrap();
        assert_eq!(rollout.status.phase, Some(crd::RolloutPhase::Healthy), "{what}");
        let generation = number(deployment, "/metadata/generation").to_string();
        assert_eq!(rollout.status.workload_observed_generation, generation, "{what}");
        let annotation = rollout.metadata.annotation(crd::names::WORKLOAD_GENERATION);
        assert_eq!(annotation, Some(generation.as_str()), "{what}");
    }
}
