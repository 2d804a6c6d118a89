//! Progress, and the deadline for it (spec rollout-status-events 4).

use std::time::Duration;

use crd::names;
use jiff::{SignedDuration, Timestamp};

use super::conditions;
use crate::events;
use crate::plan::Plan;
use crate::strategy::Strategy;

/// Seconds without progress before an update counts as stuck.
const DEFAULT_DEADLINE: i32 = 600;

/// Whether the new status shows progress over the stored one.
pub(crate) fn seen<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    let (old, new) = (plan.stored(), &plan.status);
    let old_pods = |total: i32, updated: i32| total.saturating_sub(updated);
    new.updated_replicas != old.updated_replicas
        || old_pods(new.replicas, new.updated_replicas) < old_pods(old.replicas, old.updated_replicas)
        || new.ready_replicas > old.ready_replicas
        || new.available_replicas > old.available_replicas
        || S::progressed(old, new)
}

/// Whether the stored Progressing condition is older than the deadline. The clock runs only while pods of the
/// current revision are awaited (I8).
pub(crate) fn timed_out<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    if waits_for_something_else(plan) {
        return false;
    }
    let Some(condition) = plan.stored().condition(conditions::PROGRESSING) else { return false };
    match condition.reason.as_str() {
        conditions::ABORTED | conditions::PAUSED_REASON => false,
        conditions::TIMED_OUT => true,
        _ => deadline(plan).is_some_and(|deadline| deadline < plan.now),
    }
}

pub(crate) fn timeout_message<S: Strategy>(plan: &Plan<'_, S>) -> String {
    match plan.new_set() {
        Some(set) => format!("ReplicaSet \"{}\" has timed out progressing.", set.metadata.name),
        None => format!("Rollout \"{}\" has timed out progressing.", plan.rollout.metadata.name),
    }
}

/// Gives a stuck update up, when the spec asks for it.
pub(super) fn abort_at_deadline<S: Strategy>(plan: &mut Plan<'_, S>) {
    let wanted = plan.rollout.spec.progress_deadline_abort
        && !plan.aborted()
        && !conditions::is_completed(&plan.status);
    if wanted && !seen(plan) && timed_out(plan) {
        let message = timeout_message(plan);
        plan.tell(events::warning(events::ROLLOUT_ABORTED, message.clone()));
        plan.pauses.abort = Some(message);
    }
}

/// Wakes up when the deadline passes; used when nothing else would.
pub(super) fn check_again<S: Strategy>(plan: &mut Plan<'_, S>) {
    let Some(deadline) = ends(plan) else { return };
    let left = Duration::try_from(deadline.duration_since(plan.now)).unwrap_or_default();
    plan.requeue(left + Duration::from_secs(1));
}

/// When the update counts as stuck unless there is progress; `None` while that clock does not run.
pub(super) fn ends<S: Strategy>(plan: &Plan<'_, S>) -> Option<Timestamp> {
    let condition = plan.stored().condition(conditions::PROGRESSING)?;
    let settled =
        [conditions::ABORTED, conditions::PAUSED_REASON, conditions::HEALTHY_PROGRESS, conditions::TIMED_OUT];
    let paused = plan.rollout.spec.paused || !plan.stored().pause_conditions.is_empty();
    if settled.contains(&condition.reason.as_str())
        || paused
        || conditions::is_completed(plan.stored())
        || waits_for_something_else(plan)
    {
        return None;
    }
    deadline(plan)
}

fn deadline<S: Strategy>(plan: &Plan<'_, S>) -> Option<Timestamp> {
    let since = plan.stored().condition(conditions::PROGRESSING)?.last_update_time?.timestamp();
    let seconds = plan.rollout.spec.progress_deadline_seconds.unwrap_or(DEFAULT_DEADLINE);
    since.saturating_add(SignedDuration::from_secs(seconds.into())).ok()
}

/// A step that takes as long as it takes, an unverified split, or an old ReplicaSet that still has its deadline.
fn waits_for_something_else<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    let paused = plan.stored().condition(conditions::PAUSED).is_some_and(|paused| paused.status == "True");
    let at_patient_step = plan.current_step().is_some_and(|(_, step)| {
        step.pause.is_some() || step.analysis.is_some() || step.experiment.is_some() || step.plugin.is_some()
    });
    let unverified =
        plan.status.canary.weights.as_ref().is_some_and(|weights| weights.verified == Some(false));
    let draining = plan.sets.others().any(|index| {
        let set = plan.sets.get(Some(index));
        set.is_some_and(|set| set.metadata.annotation(names::SCALE_DOWN_DEADLINE).is_some())
    });
    paused || at_patient_step || unverified || draining
}
