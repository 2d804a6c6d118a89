//! Decisions per second for a Rollout in the middle of a canary: `cargo run --release --example decisions`.
#![allow(clippy::disallowed_methods)] // a benchmark reads the clock; the core never does

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aviary_rollout::{Action, Observed, Timestamp, reconcile};
use crd::{ReplicaSet, Rollout};

const ROLLOUT: &str = "
metadata: {name: shop, namespace: prod, uid: u, generation: 1}
spec:
  replicas: 10
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: 'shop:1', ports: [{containerPort: 8080}]}]}
  strategy: {canary: {steps: [{setWeight: 20}, {pause: {}}, {setWeight: 60}]}}
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rollout: Rollout = crd::yaml::from_str(ROLLOUT)?;
    let mut sets: Vec<ReplicaSet> = Vec::new();
    let now = Timestamp::UNIX_EPOCH;
    for pass in 0..30 {
        if pass == 10 {
            rollout.spec.template.spec =
                serde_json::json!({"containers": [{"name": "shop", "image": "shop:2"}]});
        }
        let decision = reconcile(&observe(&rollout, &sets), now);
        for action in decision.actions {
            match action {
                Action::Create { object, .. } => sets.push(serde_json::from_value(object)?),
                Action::Scale { key, replicas, .. } => {
                    let set = sets.iter_mut().find(|set| set.metadata.name == key.name);
                    let set = set.ok_or("scaled what does not exist")?;
                    set.spec.replicas = Some(replicas);
                    set.status.replicas = replicas;
                    set.status.ready_replicas = replicas;
                    set.status.available_replicas = replicas;
                }
                Action::Patch { .. } | Action::Delete { .. } | Action::Evict { .. } => {}
            }
        }
        rollout.status = decision.status.unwrap_or(rollout.status);
    }
    let observed = observe(&rollout, &sets);
    let (begun, mut decisions) = (Instant::now(), 0u64);
    while begun.elapsed() < Duration::from_secs(2) {
        for _ in 0..1_000 {
            let _ = black_box(reconcile(black_box(&observed), now));
        }
        decisions += 1_000;
    }
    let rate = decisions as f64 / begun.elapsed().as_secs_f64();
    println!("{rate:.0} decisions per second at step {:?}", rollout.status.current_step_index);
    Ok(())
}

fn observe(rollout: &Rollout, sets: &[ReplicaSet]) -> Observed {
    Observed {
        rollout: Arc::new(rollout.clone()),
        replica_sets: sets.iter().cloned().map(Arc::new).collect(),
        ..Observed::default()
    }
}
