//! A Rollout that cannot be carried out: a condition, and nothing else (spec rollout-reconcile 2.1).

use std::time::Duration;

use jiff::Timestamp;

use crate::decision::{Decision, Reason};
use crate::observed::Observed;
use crate::status::{conditions, phase};

/// When a workload that could not be resolved is looked for again.
pub(crate) const WORKLOAD_RETRY: Duration = Duration::from_secs(20);
/// When a Rollout whose references may appear later is looked at again.
pub(crate) const RETRY: Duration = Duration::from_secs(10);

/// The condition that says what is wrong.
pub(crate) fn decide(observed: &Observed, now: Timestamp, problem: &str, retry: Duration) -> Decision {
    let rollout = &observed.rollout;
    let message = format!("The Rollout \"{}\" is invalid: {problem}", rollout.metadata.name);
    let generation = rollout.metadata.generation.unwrap_or(0).to_string();
    let known = rollout.status.condition(conditions::INVALID_SPEC);
    let same_message = known.is_some_and(|condition| condition.message == message);
    let since = known.filter(|_| same_message).and_then(|condition| condition.last_transition_time);
    let mut decision = Decision {
        requeue_after: Some(retry),
        because: vec![Reason::new("spec.invalid", problem).since(since)],
        ..Decision::default()
    };
    if same_message && rollout.status.observed_generation == generation {
        return decision;
    }
    let mut status = rollout.status.clone();
    if !same_message {
        // Removed first, so that the new condition gets its own times.
        conditions::remove(&mut status, conditions::INVALID_SPEC);
    }
    let kind = conditions::INVALID_SPEC;
    conditions::set(&mut status, conditions::new(kind, "True", kind, &message, now.into()));
    status.observed_generation = generation;
    let (phase, message) = phase::of(rollout, &status);
    status.phase = Some(phase);
    status.message = message;
    decision.status = Some(status);
    decision
}
