//! How long an attempt takes (spec rollout-status-events 6).

use crd::{PauseCondition, RolloutDuration, RolloutStatus};

use crate::plan::Plan;
use crate::rollback;
use crate::sets;
use crate::strategy::Strategy;

/// Begins a new attempt.
pub(crate) fn begin<S: Strategy>(plan: &mut Plan<'_, S>) {
    let rollout_started_at = Some(plan.time());
    plan.status.duration = Some(RolloutDuration { rollout_started_at, ..RolloutDuration::default() });
}

/// Says how the attempt ended, unless that is said already.
pub(crate) fn complete(status: &mut RolloutStatus, how: &str) {
    if let Some(duration) = status.duration.as_mut().filter(|duration| duration.completion_status.is_empty())
    {
        how.clone_into(&mut duration.completion_status);
    }
}

/// Brings the attempt up to date with what this pass found.
pub(crate) fn settle<S: Strategy>(plan: &mut Plan<'_, S>) {
    if plan.reset {
        change(plan);
    }
    let at_target = at_stable_target(plan);
    let waits = waits_for_a_person(plan);
    let (now, aborted) = (plan.time(), plan.status.abort);
    let finished = aborted || at_target;
    if finished {
        complete(&mut plan.status, if aborted { "Aborted" } else { "Promoted" });
    }
    let Some(duration) = plan.status.duration.as_mut() else { return };
    if finished && duration.finished_at.is_none() {
        duration.finished_at = Some(now);
    }
    match duration.manual_pause_started_at {
        None if waits && duration.finished_at.is_none() => duration.manual_pause_started_at = Some(now),
        Some(since) if !waits || duration.finished_at.is_some() => {
            let paused = now.timestamp().duration_since(since.timestamp()).as_secs().max(0);
            let before = duration.total_manual_pause_duration_seconds.unwrap_or(0);
            duration.total_manual_pause_duration_seconds = Some(before.saturating_add(paused));
            duration.manual_pause_started_at = None;
        }
        _ => {}
    }
}

/// A new template or new steps.
fn change<S: Strategy>(plan: &mut Plan<'_, S>) {
    let running = plan.status.duration.as_ref().is_some_and(|duration| duration.finished_at.is_none());
    if running && rollback::is_rollback(plan) {
        let how = if rollback::is_fast(plan) { "FastRolledBack" } else { "RolledBack" };
        complete(&mut plan.status, how);
    } else if running || !at_stable_target(plan) {
        begin(plan);
    }
}

fn at_stable_target<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    !plan.status.stable_rs.is_empty()
        && plan.status.stable_rs == plan.status.current_pod_hash
        && sets::available(plan.new_set()) >= plan.replicas()
}

fn waits_for_a_person<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    let awaited = |pause: &PauseCondition| !S::ends_by_itself(plan, &pause.reason);
    plan.rollout.spec.paused || plan.status.pause_conditions.iter().any(awaited)
}
