//! The Deployment that a Rollout took its template from gives its pods up (spec rollout-reconcile 6, `scaleDown`).
//!
//! It only does so during the first revision: afterwards the Deployment is the user's, who may want it back.

use crd::{Kind, RolloutPhase};
use serde_json::{Value, json};

use crate::plan::Plan;
use crate::strategy::Strategy;
use crate::workload;

/// Takes as many pods from the Deployment as the Rollout has ready ones, or all once the Rollout is whole.
pub(crate) fn deployment<S: Strategy>(plan: &mut Plan<'_, S>) {
    let Some(reference) = &plan.observed.rollout.spec.workload_ref else { return };
    let Some(key) = workload::key(&plan.observed.rollout).filter(|key| key.kind == Kind::DEPLOYMENT) else {
        return;
    };
    let whole = plan.stored().phase == Some(RolloutPhase::Healthy);
    let wanted = match reference.scale_down.as_str() {
        "onsuccess" if plan.revision() == "1" && whole && plan.promoted => 0,
        "progressively" if plan.new_set().and_then(crd::ReplicaSet::revision) == Some(1) => {
            if whole {
                0
            } else if let Some(size) = beside_the_ready(plan) {
                size
            } else {
                return;
            }
        }
        _ => return,
    };
    let deployment = plan.observed.routes.get(&key);
    let present =
        deployment.and_then(|deployment| deployment.pointer("/spec/replicas")).and_then(Value::as_i64);
    if deployment.is_some() && present != Some(wanted.into()) {
        plan.because("workload.scale", format!("Deployment {} goes to {wanted} pods", key.name));
        plan.merge(key, json!({"spec": {"replicas": wanted}}));
    }
}

/// What is missing beside the Rollout's ready pods; `None` while it has none. What status says and what is there may
/// differ for a moment: the smaller number counts, so that no capacity is lost.
fn beside_the_ready<S: Strategy>(plan: &Plan<'_, S>) -> Option<i32> {
    let there = plan.new_set().map_or(0, |set| set.status.ready_replicas);
    let ready = plan.stored().ready_replicas.min(there);
    (ready > 0).then(|| (plan.replicas() - ready).max(0))
}
