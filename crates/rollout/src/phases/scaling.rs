//! A change of `spec.replicas` is carried out by itself (spec rollout-reconcile 5).

use std::ops::ControlFlow;

use crd::{ReplicaSet, names};

use super::scale;
use crate::plan::{Plan, Stop};

/// Resizes and ends the pass when `spec.replicas` changed. Services, traffic and steps wait for the next pass.
pub(crate) fn event(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let replicas = plan.replicas();
    let changed = |set: &ReplicaSet| {
        let desired = set.metadata.annotation(names::DESIRED_REPLICAS);
        let desired = desired.and_then(|text| text.parse::<i32>().ok());
        set.replicas() > 0 && desired.is_some_and(|desired| desired != replicas)
    };
    if !plan.new_set().is_some_and(changed) && !plan.stable_set().is_some_and(changed) {
        return ControlFlow::Continue(());
    }
    if plan.rollout.spec.paused {
        plan.because("scaling.paused", "spec.replicas changed, but spec.paused holds every size");
    } else {
        // Whether something was scaled ends the pass either way.
        let _ = scale::replica_sets(plan);
    }
    let all = plan.sets.all.iter();
    plan.status.hpa_replicas = all.map(|set| set.status.replicas).fold(0, i32::saturating_add);
    plan.status.available_replicas = plan.sets.available();
    ControlFlow::Break(Stop::Write)
}
