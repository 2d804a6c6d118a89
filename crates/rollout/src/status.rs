//! The status of a Rollout: rebuilt in every pass, judged, written once (spec rollout-canary 3, rollout-status-events).

mod awaited;
pub(crate) mod conditions;
pub(crate) mod duration;
mod judge;
mod patch;
pub(crate) mod phase;
mod progress;
mod promote;
mod rebuild;

use crate::plan::Plan;
use crate::strategy::Strategy;

use crate::events;

pub(crate) use judge::judge;
pub(crate) use patch::difference;
pub use patch::status_patch;
pub(crate) use promote::promote;
pub(crate) use rebuild::{rebuild, selector_text};

/// Whether the stored status speaks of the current spec. Anything that is not a smaller number counts as observed
/// (spec rollout-reconcile 2.2).
pub(crate) fn generation_observed<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    let stored = &plan.stored().observed_generation;
    let generation = plan.rollout.metadata.generation.unwrap_or(0);
    match stored.parse::<i64>() {
        Ok(observed) => observed >= generation,
        Err(_) => !stored.is_empty(),
    }
}

/// Brings abort, pauses, conditions, phase and duration up to date, and writes the status when it differs.
pub(crate) fn write<S: Strategy>(plan: &mut Plan<'_, S>) {
    progress::abort_at_deadline(plan);
    let stored = plan.stored();
    let now = plan.time();
    plan.pauses.settle(stored, &mut plan.status, now);
    conditions::settle(plan);
    duration::settle(plan);
    summarise(plan);
    tell_pauses(plan);
    awaited::tell(plan);
    S::publish(plan);
    write_as_is(plan);
    if plan.decision.status.is_none() {
        progress::check_again(plan);
    }
}

/// Writes the status when it differs from what is stored.
pub(crate) fn write_as_is<S: Strategy>(plan: &mut Plan<'_, S>) {
    if plan.status != *plan.stored() {
        plan.decision.status = Some(std::mem::take(&mut plan.status));
    }
}

/// Generation, phase and message.
pub(crate) fn summarise<S: Strategy>(plan: &mut Plan<'_, S>) {
    plan.status.observed_generation = plan.rollout.metadata.generation.unwrap_or(0).to_string();
    let (phase, message) = phase::of(&plan.rollout, &plan.status);
    plan.status.phase = Some(phase);
    plan.status.message = message;
}

fn tell_pauses<S: Strategy>(plan: &mut Plan<'_, S>) {
    let (before, after) = (&plan.stored().pause_conditions, &plan.status.pause_conditions);
    match (before.first(), after.first()) {
        (None, Some(first)) => {
            let message = format!("Rollout is paused ({})", first.reason);
            plan.tell(events::normal(events::ROLLOUT_PAUSED, message));
        }
        (Some(_), None) if !plan.status.abort => {
            plan.tell(events::normal(events::ROLLOUT_RESUMED, "Rollout is resumed".to_owned()));
        }
        _ => {}
    }
}
