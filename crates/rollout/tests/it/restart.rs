//! Restarts: pods are asked to go, and may be refused.

use std::time::Duration;

use aviary_rollout::Action;
use crd::{Pod, RolloutPhase};
use serde_json::json;

use crate::harness::Cluster;

/// Three old pods of a Rollout that runs, and the wish for a restart.
fn restarting(strategy: &str) -> Cluster {
    let mut cluster = Cluster::new(&format!("{{replicas: 3, strategy: {{{strategy}}}}}"));
    for _ in 0..8 {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.settle();
    }
    assert_eq!(cluster.rollout.status.phase, Some(RolloutPhase::Healthy));
    cluster.pods = (0..3).map(|number| pod(&cluster, number)).collect();
    cluster.settle();
    let at = crd::Time::from(cluster.now);
    cluster.settle();
    cluster.edit(&json!({"spec": {"restartAt": at}}));
    cluster
}

fn pod(cluster: &Cluster, number: u8) -> Pod {
    let set = &cluster.sets[0].metadata;
    let pod = json!({
        "metadata": {
            "name": format!("pod-{number}"), "creationTimestamp": crd::Time::from(cluster.now),
            "labels": {"app": "demo"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": set.name, "uid": set.uid, "controller": true}],
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    });
    serde_json::from_value(pod).expect("a pod")
}

#[test]
fn a_restart_that_a_disruption_budget_forbids_is_told() {
    for strategy in ["canary: {}", "blueGreen: {activeService: active}"] {
        let mut cluster = restarting(strategy);
        for pass in 0..3 {
            let decision = cluster.decide();
            let evicted = |action: &&Action| matches!(action, Action::Evict { .. });
            assert_eq!(decision.actions.iter().filter(evicted).count(), 1, "one at a time");
            assert_eq!(decision.requeue_after, Some(Duration::from_secs(30)));
            // The health of a new generation is known one pass later.
            assert!(pass < 2 || decision.status.is_none(), "it is told again and again");
            // The eviction is refused, the rest is carried out.
            if let Some(status) = &decision.status {
                cluster.write_status(status);
            }
            let status = &cluster.rollout.status;
            assert_eq!(status.phase, Some(RolloutPhase::Progressing), "{strategy}");
            assert_eq!((status.message.as_str(), status.restarted_at), ("rollout is restarting", None));
            assert_eq!(status.observed_generation, "2");
            cluster.settle();
        }
    }
}

#[test]
fn a_restart_is_over_when_no_old_pod_is_left() {
    for strategy in ["canary: {}", "blueGreen: {activeService: active}"] {
        let mut cluster = restarting(strategy);
        for number in 3..6 {
            let decision = cluster.decide();
            cluster.carry_out(&decision);
            assert_eq!(cluster.rollout.status.restarted_at, None, "{strategy}");
            let young = pod(&cluster, number);
            cluster.pods.push(young);
            cluster.settle();
        }
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        let status = &cluster.rollout.status;
        assert_eq!(status.restarted_at, cluster.rollout.spec.restart_at, "{strategy}");
        assert_eq!(status.phase, Some(RolloutPhase::Healthy), "{strategy}");
    }
}
