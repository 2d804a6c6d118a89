//! A new template or new steps begin the update anew (spec rollout-canary 2).

use std::ops::ControlFlow;

use crd::ReplicaSet;

use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;
use crate::{events, rollback};

/// Begins anew when the template or the steps changed, and ends the pass.
pub(crate) fn on_change<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let stored = plan.stored();
    let template_changed =
        !stored.current_pod_hash.is_empty() && stored.current_pod_hash != plan.status.current_pod_hash;
    let steps_changed = stored.current_step_hash != plan.status.current_step_hash;
    if !template_changed && !steps_changed {
        return ControlFlow::Continue(());
    }
    plan.reset = true;
    plan.pauses.clear = true;
    plan.pauses.take_back_abort = true;
    plan.status.promote_full = false;
    plan.status.blue_green.pre_promotion_analysis_run_status = None;
    plan.status.blue_green.post_promotion_analysis_run_status = None;
    plan.status.canary.current_step_analysis_run_status = None;
    plan.status.canary.current_background_analysis_run_status = None;
    plan.status.canary.current_experiment = String::new();
    plan.status.canary.step_plugin_statuses = Vec::new();
    plan.status.current_step_index = plan.last_index().map(|_| 0);
    if plan.last_index().is_some() {
        skip_steps(plan);
    }
    ControlFlow::Break(S::AFTER_RESET)
}

/// A rollback needs no steps.
fn skip_steps<S: Strategy>(plan: &mut Plan<'_, S>) {
    let reason = if plan.sets.new_is_stable() {
        "Rollback to stable ReplicaSets"
    } else if rollback::inside_window(plan) && plan.new_set().is_some_and(|set| ReplicaSet::replicas(set) > 0)
    {
        "Rollback to active ReplicaSets within RollbackWindow"
    } else {
        return;
    };
    plan.status.current_step_index = plan.last_index();
    plan.tell(events::normal(events::SKIP_STEPS, reason.to_owned()));
}
