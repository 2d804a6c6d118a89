//! Whether the pods that a step asks for are there (spec rollout-canary 5.1).

use crd::{Canary, ReplicaSet, TrafficWeights};

use crate::plan::Plan;
use crate::sets;

/// Whether the sizes of the step are reached, for the weights that are `known`.
pub(crate) fn reached(plan: &Plan<'_>, known: Option<&TrafficWeights>) -> bool {
    let goal = super::ideal(plan, known);
    if !threshold_met(plan.strategy, plan.new_set(), goal.canary) {
        return false;
    }
    let stable_matters = !plan.traffic_routed() || !plan.strategy.dynamic_stable_scale;
    let stable_is_there = plan
        .stable_set()
        .is_some_and(|set| set.replicas() == goal.stable && set.status.replicas == goal.stable);
    if stable_matters && !stable_is_there {
        return false;
    }
    let available = |index| sets::available(plan.sets.get(Some(index)));
    plan.traffic_routed() || plan.sets.others().all(|index| available(index) == 0)
}

/// Whether enough of the `wanted` pods are available.
pub(crate) fn threshold_met(canary: &Canary, set: Option<&ReplicaSet>, wanted: i32) -> bool {
    let Some(set) = set else { return false };
    let available = sets::counted(set);
    match canary.replica_progress_threshold.as_ref().filter(|threshold| threshold.value >= 0) {
        None => sets::has(set, wanted),
        Some(threshold) if threshold.kind == "Percent" => {
            wanted == 0 || i64::from(available) * 100 >= i64::from(threshold.value) * i64::from(wanted)
        }
        Some(threshold) => available >= threshold.value,
    }
}
