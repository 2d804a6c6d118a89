//! Whether the update is promoted, given up, or one step further (spec rollout-canary 3 and 4).

use crate::plan::{Plan, Split};
use crate::{events, pauses, replicas, rollback, sets, steps};

/// Decides about promotion, abort and the step, from the stored index; at most one step a pass.
pub(crate) fn judge(plan: &mut Plan<'_>) {
    let stored = plan.stored();
    let skips = stored.promote_full || rollback::inside_window(plan);
    plan.status.current_step_index = plan.last_index().and(stored.current_step_index);
    // A failure found in this pass wins over a wish to go on: nobody has seen it yet.
    if skips && plan.pauses.abort.is_none() {
        plan.pauses.clear = true;
        plan.pauses.take_back_abort = true;
        plan.status.current_step_index = plan.last_index();
    }
    // All traffic was sent to the new version, but nobody has seen it arrive: promoting now could remove the pods
    // that still serve it.
    if plan.split == Split::UnverifiedAtTheEnd && !plan.aborted() {
        return;
    }
    if let Some(reason) = promotion_reason(plan) {
        super::promote(plan, &reason);
    } else if plan.aborted() {
        let completed = plan.rollout.fully_promoted();
        plan.status.current_step_index = plan.last_index().map(|last| if completed { last } else { 0 });
    } else {
        complete_step(plan, skips);
    }
}

fn promotion_reason(plan: &Plan<'_>) -> Option<String> {
    if plan.stable_set().is_none() {
        return Some("Initial deploy".to_owned());
    }
    if plan.aborted() {
        return None;
    }
    let new = plan.new_set()?;
    let enough = sets::sure(new) >= plan.replicas()
        || replicas::threshold_met(plan.strategy, Some(new), plan.replicas());
    if !enough {
        return None;
    }
    if plan.stored().promote_full {
        Some("Full promotion requested".to_owned())
    } else if rollback::is_fast(plan) {
        let window = rollback::inside_window(plan);
        Some(if window { "Rollback within window" } else { "Fast rollback" }.to_owned())
    } else {
        let done = plan.last_index().is_none_or(|last| plan.status.current_step_index >= Some(last));
        done.then(|| format!("Completed all {} canary steps", plan.steps().len()))
    }
}

fn complete_step(plan: &mut Plan<'_>, skips: bool) {
    let Some((index, step)) = plan.current_step() else { return };
    if skips || plan.rollout.spec.paused || !steps::completed(plan, index, step) {
        return;
    }
    plan.status.current_step_index = Some(index + 1);
    plan.status.canary.current_step_analysis_run_status = None;
    plan.status.canary.current_experiment = String::new();
    plan.pauses.remove(pauses::PAUSE_STEP);
    let (number, count) = (index + 1, plan.steps().len());
    let message = format!("Rollout step {number}/{count} completed ({})", steps::describe(step));
    plan.tell(events::normal(events::ROLLOUT_STEP_COMPLETED, message));
}
