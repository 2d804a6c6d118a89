//! Manifests, as short as they can be.

use serde_json::{Value, json};

/// The Rollout of most tests.
pub(crate) const DEMO: &str = "demo";

/// A Rollout of version 1 with a strategy.
pub(crate) fn rollout(name: &str, replicas: i64, strategy: Value) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "strategy": strategy,
            "template": template(name, "1"),
        },
    })
}

/// A Rollout with canary steps and without a router.
pub(crate) fn canary(replicas: i64, steps: Value) -> Value {
    rollout(DEMO, replicas, json!({"canary": {"steps": steps}}))
}

/// A pod template of a version.
pub(crate) fn template(name: &str, version: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": image(version)}]},
    })
}

pub(crate) fn image(version: &str) -> String {
    format!("example.com/demo:{version}")
}

/// A Service for the pods of a Rollout.
pub(crate) fn service(name: &str, rollout: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": rollout}, "ports": [{"port": 80}]},
    })
}

/// The same object with another value at a path (`/spec/paused`).
pub(crate) fn with(mut object: Value, path: &str, value: Value) -> Value {
    let mut at = &mut object;
    for key in path.split('/').skip(1) {
        at = &mut at[key];
    }
    *at = value;
    object
}
