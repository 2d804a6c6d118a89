//! How long one decision takes, for a Rollout with a history of ten ReplicaSets in the middle of a canary.
//!
//! `cargo run --release -p aviary-rollout --example speed` prints one line of JSON. Used by `cargo xtask bench core`.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aviary_rollout::{Action, Observed, Timestamp, reconcile};
use crd::{ReplicaSet, Rollout};

const HISTORY: usize = 10;
const LONG_ENOUGH: Duration = Duration::from_secs(2);

// A measurement needs a clock; the core itself is told the time.
#[allow(clippy::disallowed_methods)]
fn main() -> Result<(), Box<dyn Error>> {
    let observed = observed()?;
    let (mut passes, start) = (0_u32, Instant::now());
    while start.elapsed() < LONG_ENOUGH {
        let _ = std::hint::black_box(reconcile(std::hint::black_box(&observed), Timestamp::UNIX_EPOCH));
        passes += 1;
    }
    let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(passes);
    let sets = observed.replica_sets.len();
    println!(r#"{{"replica_sets": {sets}, "passes": {passes}, "micros_per_pass": {micros:.1}}}"#);
    Ok(())
}

/// Every version creates its ReplicaSet by a decision of its own, as in a cluster.
fn observed() -> Result<Observed, Box<dyn Error>> {
    let mut observed = Observed { rollout: Arc::new(rollout(0)?), ..Observed::default() };
    for version in 0..HISTORY {
        let mut next = rollout(version)?;
        next.status = observed.rollout.status.clone();
        observed.rollout = Arc::new(next);
        let decision = reconcile(&observed, Timestamp::UNIX_EPOCH);
        for action in decision.actions {
            if let Action::Create { object, .. } = action {
                let set: ReplicaSet = serde_json::from_value(object)?;
                observed.replica_sets.push(Arc::new(set));
            }
        }
    }
    Ok(observed)
}

fn rollout(version: usize) -> Result<Rollout, crd::yaml::Error> {
    crd::yaml::from_str(&format!(
        "
metadata: {{name: shop, namespace: prod, uid: shop-1, generation: 1}}
spec:
  replicas: 10
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec: {{containers: [{{name: shop, image: 'shop:{version}'}}]}}
  strategy: {{canary: {{steps: [{{setWeight: 25}}, {{pause: {{}}}}, {{setWeight: 50}}, {{pause: {{duration: 10m}}}}]}}}}
"
    ))
}
