//! Decisions per second for a Rollout in the middle of a canary, with a short and with a long history of ReplicaSets.
//!
//! `cargo run --profile dist -p aviary-rollout --example decisions` prints a line of JSON for each. Used by
//! `cargo xtask bench core`.
#![allow(clippy::disallowed_methods)] // a benchmark reads the clock; the core never does

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aviary_rollout::{Action, Observed, PatchBody, Timestamp, reconcile};
use crd::{ObjectMeta, ReplicaSet, Rollout};
use serde::Deserialize as _;

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
/// Enough passes for any version to reach its pause.
const PASSES: usize = 15;
const LONG_ENOUGH: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    for versions in [2, 10] {
        let observed = mid_canary(versions)?;
        let (begun, mut decisions) = (Instant::now(), 0_u32);
        while begun.elapsed() < LONG_ENOUGH {
            for _ in 0..1_000 {
                let _ = black_box(reconcile(black_box(&observed), Timestamp::UNIX_EPOCH));
            }
            decisions += 1_000;
        }
        let rate = f64::from(decisions) / begun.elapsed().as_secs_f64();
        let sets = observed.replica_sets.len();
        println!(r#"{{"replica_sets": {sets}, "per_second": {rate:.0}}}"#);
    }
    Ok(())
}

/// Every decision is carried out, as in a cluster whose pods are ready at once.
fn mid_canary(versions: usize) -> Result<Observed, Box<dyn Error>> {
    let mut rollout: Rollout = crd::yaml::from_str(ROLLOUT)?;
    let mut sets: Vec<ReplicaSet> = Vec::new();
    for version in 1..=versions {
        rollout.spec.template.spec =
            serde_json::json!({"containers": [{"name": "shop", "image": format!("shop:{version}")}]}).into();
        for _ in 0..PASSES {
            let decision = reconcile(&observe(&rollout, &sets), Timestamp::UNIX_EPOCH);
            for action in decision.actions {
                carry_out(action, &mut rollout, &mut sets)?;
            }
            rollout.status = decision.status.unwrap_or(rollout.status);
        }
    }
    if rollout.status.current_step_index != Some(1) {
        return Err(format!("the canary stands at step {:?}", rollout.status.current_step_index).into());
    }
    let observed = observe(&rollout, &sets);
    match reconcile(&observed, Timestamp::UNIX_EPOCH).actions.as_slice() {
        [] => Ok(observed),
        left => Err(format!("the pause is not at rest: {left:?}").into()),
    }
}

fn carry_out(
    action: Action,
    rollout: &mut Rollout,
    sets: &mut Vec<ReplicaSet>,
) -> Result<(), Box<dyn Error>> {
    match action {
        Action::Create { object, .. } => sets.push(serde_json::from_value(object)?),
        Action::Scale { key, replicas, annotations } => {
            let set = sets.iter_mut().find(|set| set.metadata.name == key.name);
            let set = set.ok_or("scaled what does not exist")?;
            set.spec.replicas = Some(replicas);
            set.status.replicas = replicas;
            set.status.ready_replicas = replicas;
            set.status.available_replicas = replicas;
            annotate(&mut set.metadata, annotations);
        }
        Action::Patch { key, patch: PatchBody::Merge(patch) } => {
            let written = patch.pointer("/metadata/annotations").map(BTreeMap::deserialize).transpose()?;
            let set = sets.iter_mut().find(|set| set.metadata.name == key.name).map(|set| &mut set.metadata);
            annotate(set.unwrap_or(&mut rollout.metadata), written.unwrap_or_default());
        }
        Action::Patch { .. } | Action::Delete { .. } | Action::Evict { .. } => {}
    }
    Ok(())
}

/// `None` removes.
fn annotate(metadata: &mut ObjectMeta, written: impl IntoIterator<Item = (String, Option<String>)>) {
    for (name, value) in written {
        match value {
            Some(value) => metadata.annotations.insert(name, value),
            None => metadata.annotations.remove(&name),
        };
    }
}

fn observe(rollout: &Rollout, sets: &[ReplicaSet]) -> Observed {
    Observed {
        rollout: Arc::new(rollout.clone()),
        replica_sets: sets.iter().cloned().map(Arc::new).collect(),
        ..Observed::default()
    }
}
