//! A change of `spec.replicas` is carried out by itself (spec rollout-reconcile 5).

use std::ops::ControlFlow;

use crd::{ReplicaSet, names};

use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;

/// Resizes and ends the pass when `spec.replicas` changed. Services, traffic and steps wait for the next pass.
pub(crate) fn event<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let replicas = plan.replicas();
    let changed = |set: &ReplicaSet| {
        let desired = set.metadata.annotation(names::DESIRED_REPLICAS);
        let desired = desired.and_then(|text| text.parse::<i32>().ok());
        set.replicas() > 0 && desired.is_some_and(|desired| desired != replicas)
    };
    if !plan.new_set().is_some_and(changed) && !plan.stable_set().is_some_and(changed) {
        return ControlFlow::Continue(());
    }
    S::resize(plan);
    ControlFlow::Break(Stop::Write)
}
