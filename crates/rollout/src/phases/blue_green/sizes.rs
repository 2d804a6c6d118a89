//! The sizes of the ReplicaSets (spec rollout-bluegreen 1 row 6, 2, 5 and 9): all of them in one pass.

use std::ops::ControlFlow;

use crd::{BlueGreen, ReplicaSet};

use super::{active_hash, active_set, analysis};
use crate::phases::scale::{self, Retirement};
use crate::plan::{Deadline, Plan, Stop};

/// The stable version whole, the new one as large as the update needs it, the others until their time is over.
pub(crate) fn replica_sets(plan: &mut Plan<'_, BlueGreen>) -> ControlFlow<Stop> {
    scale::forget_deadlines(plan);
    if let Some(index) = plan.sets.stable.filter(|_| !plan.sets.new_is_stable()) {
        plan.scale(index, plan.replicas(), Deadline::GoesWithLastPod);
    }
    scale_new(plan);
    retire_others(plan);
    ControlFlow::Continue(())
}

fn scale_new(plan: &mut Plan<'_, BlueGreen>) {
    let Some(index) = plan.sets.new else { return };
    match scale::delay_after_abort(plan) {
        // Users may still be there: the switch back waits for the stable version, or is held by a pause.
        Some(_) if plan.new_set().is_some_and(|set| set.hash() == active_hash(plan)) => {
            let present = plan.new_set().map_or(0, ReplicaSet::replicas);
            plan.scale(index, present, Deadline::Stays);
        }
        Some(delay) => {
            scale::count_down_after_abort(plan, index, delay);
        }
        None => {
            let wanted = of_new(plan);
            plan.scale(index, wanted, Deadline::GoesWithLastPod);
        }
    }
}

/// How many pods the new version should have: with `previewReplicaCount` few of them until the switch is near.
pub(super) fn of_new(plan: &Plan<'_, BlueGreen>) -> i32 {
    let (stored, replicas) = (plan.stored(), plan.replicas());
    let Some(few) = plan.strategy.preview_replica_count else { return replicas };
    let new = plan.new_set().map_or("", ReplicaSet::hash);
    let active = active_set(plan, stored).map(ReplicaSet::hash);
    if active.is_none_or(|active| active == new) || stored.promote_full {
        return replicas;
    }
    let paused = plan.rollout.spec.paused || !stored.pause_conditions.is_empty();
    let near = new == stored.current_pod_hash && !paused && stored.blue_green.scale_up_preview_check_point;
    if near { replicas } else { few }
}

/// Old versions stay for a while after the switch, so that going back is quick.
fn retire_others(plan: &mut Plan<'_, BlueGreen>) {
    if plan.pauses.inconclusive(plan.stored()) || awaits_verdict(plan) {
        return;
    }
    let strategy = plan.strategy;
    let retirement = Retirement {
        delay: strategy.scale_down_delay_seconds,
        limit: strategy.scale_down_delay_revision_limit,
        // A version that may be switched back to follows `spec.replicas`.
        size_while_waiting: Some(plan.replicas()),
    };
    let mut waiting = 0;
    for index in plan.sets.others_by_revision() {
        let Some(set) = plan.sets.get(Some(index)) else { continue };
        if set.replicas() == 0 || scale::is_referenced(plan, set) {
            continue;
        }
        if let Some(size) = scale::retire(plan, index, &retirement, &mut waiting) {
            plan.scale(index, size, Deadline::GoesWithLastPod);
        }
    }
}

/// Whether the analysis after the switch may still send users back, and the spec does not say how long to wait.
fn awaits_verdict(plan: &Plan<'_, BlueGreen>) -> bool {
    let strategy = plan.strategy;
    strategy.post_promotion_analysis.is_some()
        && strategy.scale_down_delay_seconds.is_none()
        && analysis::applies_after_the_switch(plan)
        && !analysis::after_is_successful(plan)
}
