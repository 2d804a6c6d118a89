//! Rollouts and what belongs to them, as the API server may show them: users and other controllers write them.

use jiff::SignedDuration;
use rollout::{Observed, explain, reconcile};
use serde_json::{Value, json};

use super::{Target, now};
use crate::seeds;

pub(super) const TARGET: Target = Target {
    name: "decisions",
    about: "a Rollout with its ReplicaSets, runs, Services and settings, decided and explained",
    run,
    seeds: || {
        let rollouts = ["lint", "openclaw"].map(|directory| seeds::objects(directory, "Rollout")).concat();
        rollouts.iter().flat_map(observed).collect()
    },
};

/// A Rollout alone, and in the middle of a release.
fn observed(rollout: &Value) -> [Vec<u8>; 2] {
    let template = rollout.pointer("/spec/template");
    let set = |name: &str, hash: &str| {
        json!({"metadata": {"name": name, "uid": name, "labels": {"rollouts-pod-template-hash": hash},
                            "annotations": {"rollout.argoproj.io/revision": "1"}},
               "spec": {"replicas": 3, "template": template},
               "status": {"replicas": 3, "availableReplicas": 2, "readyReplicas": 2}})
    };
    let status = json!({"stableRS": "old", "currentPodHash": "new", "currentStepIndex": 1, "phase": "Progressing",
                        "conditions": [], "canary": {}, "blueGreen": {}});
    let midway = json!({"metadata": rollout.get("metadata"), "spec": rollout.get("spec"), "status": status});
    let alone = json!({"rollout": rollout});
    let midway = json!({"rollout": midway, "replicaSets": [set("a", "old"), set("b", "new")]});
    [alone, midway].map(|value| value.to_string().into_bytes())
}

fn run(data: &[u8]) {
    let Ok(observed) = serde_json::from_slice::<Observed>(data) else { return };
    let decision = reconcile(&observed, now());
    let _explanation = explain(&observed, &decision, now());
    let _later = reconcile(&observed, now() + SignedDuration::from_hours(1));
}
