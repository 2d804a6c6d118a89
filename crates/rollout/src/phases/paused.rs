//! The conditions that tell of pauses, before anything else is done (spec rollout-reconcile 4).

use std::ops::ControlFlow;

use crd::RolloutStatus;

use crate::plan::{Plan, Stop};
use crate::status::conditions;
use crate::status::{self, duration};
use crate::strategy::Strategy;

/// Brings the conditions in line with pauses, resumes and retries; a change of them is a pass of its own.
pub(crate) fn conditions<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let stored = plan.stored();
    if !status::generation_observed(plan) {
        return ControlFlow::Continue(());
    }
    let before = plan.status.conditions.len();
    let changed = mark_progressing(plan, stored) | mark_paused(plan, stored);
    debug_assert!(plan.status.conditions.len() >= before);
    if !changed {
        return ControlFlow::Continue(());
    }
    duration::settle(plan);
    status::summarise(plan);
    ControlFlow::Break(Stop::WriteAsIs)
}

fn is_paused<S: Strategy>(plan: &Plan<'_, S>, stored: &RolloutStatus) -> bool {
    !stored.pause_conditions.is_empty() || plan.rollout.spec.paused
}

fn progressing_for(stored: &RolloutStatus, reason: &str) -> bool {
    stored.condition(conditions::PROGRESSING).is_some_and(|condition| condition.reason == reason)
}

fn mark_progressing<S: Strategy>(plan: &mut Plan<'_, S>, stored: &RolloutStatus) -> bool {
    let paused = is_paused(plan, stored);
    let now = plan.time();
    let (reason, message) = if progressing_for(stored, conditions::ABORTED) {
        if stored.abort {
            return false;
        }
        duration::begin(plan);
        (conditions::RETRY, "Retrying Rollout after abort")
    } else {
        let completed = !stored.stable_rs.is_empty() && plan.rollout.fully_promoted();
        if completed || paused == progressing_for(stored, conditions::PAUSED_REASON) {
            return false;
        }
        if paused {
            (conditions::PAUSED_REASON, "Rollout is paused")
        } else {
            (conditions::RESUMED, "Rollout is resumed")
        }
    };
    conditions::set(&mut plan.status, conditions::progressing("Unknown", reason, message, now));
    true
}

fn mark_paused<S: Strategy>(plan: &mut Plan<'_, S>, stored: &RolloutStatus) -> bool {
    let paused = is_paused(plan, stored);
    let marked = stored.condition(conditions::PAUSED).is_some_and(|condition| condition.status == "True");
    if paused == marked || progressing_for(stored, conditions::ABORTED) {
        return false;
    }
    let status = if paused { "True" } else { "False" };
    let now = plan.time();
    let condition =
        conditions::new(conditions::PAUSED, status, conditions::PAUSED_REASON, "Rollout is paused", now);
    conditions::set(&mut plan.status, condition);
    true
}
