//! How long an attempt takes (spec rollout-status-events 6).

use crd::{PauseCondition, RolloutDuration, RolloutStatus};

use crate::pauses;
use crate::plan::Plan;
use crate::rollback;

/// Begins a new attempt.
pub(crate) fn begin(plan: &mut Plan<'_>) {
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
pub(crate) fn settle(plan: &mut Plan<'_>) {
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
fn change(plan: &mut Plan<'_>) {
    let running = plan.status.duration.as_ref().is_some_and(|duration| duration.finished_at.is_none());
    if running && rollback::is_rollback(plan) {
        let how = if rollback::is_fast(plan) { "FastRolledBack" } else { "RolledBack" };
        complete(&mut plan.status, how);
    } else if running || !at_stable_target(plan) {
        begin(plan);
    }
}

fn at_stable_target(plan: &Plan<'_>) -> bool {
    !plan.status.stable_rs.is_empty()
        && plan.status.stable_rs == plan.status.current_pod_hash
        && Plan::available(plan.new_set()) >= plan.replicas()
}

fn waits_for_a_person(plan: &Plan<'_>) -> bool {
    let timed = plan
        .current_step()
        .and_then(|(_, step)| step.pause.as_ref())
        .is_some_and(|pause| pause.duration.is_some());
    let awaited = |pause: &PauseCondition| pause.reason != pauses::PAUSE_STEP || !timed;
    plan.rollout.spec.paused || plan.status.pause_conditions.iter().any(awaited)
}
