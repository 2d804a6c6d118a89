//! The sizes of the ReplicaSets (spec rollout-canary 1 row 10, 10 and 11): one class a pass, stable first.
//!
//! What the strategies have in common is here too: versions that are given up or replaced keep their pods for a while.

mod others;
mod retire;
mod update;

use std::ops::ControlFlow;

use crd::names;
use jiff::{SignedDuration, Timestamp};

use crate::plan::{Deadline, Plan, Split, Stop};
use crate::replicas;
use crate::strategy::Strategy;

/// Seconds that pods stay when the spec does not say.
pub(crate) const DEFAULT_DELAY: i32 = 30;

pub(crate) use retire::{Retirement, is_referenced, retire};
pub(crate) use update::{count_down_after_abort, delay_after_abort};

/// Resizes the stable, then the new, then the other ReplicaSets; the first that changes ends it.
pub(crate) fn replica_sets(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let stored = plan.stored();
    if plan.rollout.spec.paused || plan.pauses.inconclusive(stored) {
        plan.because("scale.halted", "paused: every ReplicaSet keeps its size");
        return ControlFlow::Continue(());
    }
    forget_deadlines(plan);
    if scale_stable(plan) || update::scale_new(plan) || others::scale(plan) {
        return ControlFlow::Break(Stop::Judge);
    }
    ControlFlow::Continue(())
}

/// A version that is in use again does not count down any more.
pub(crate) fn forget_deadlines<S: Strategy>(plan: &mut Plan<'_, S>) {
    let new = plan.sets.new.filter(|_| delay_after_abort(plan).is_none());
    for index in [new, plan.sets.stable.filter(|_| plan.sets.stable != plan.sets.new)].into_iter().flatten() {
        let counts = plan.sets.get(Some(index)).is_some_and(|set| deadline_text(set).is_some());
        if counts {
            plan.annotate_set(index, names::SCALE_DOWN_DEADLINE, None);
        }
    }
}

fn scale_stable(plan: &mut Plan<'_>) -> bool {
    let Some(index) = plan.sets.stable.filter(|_| !plan.sets.new_is_stable()) else { return false };
    let target = replicas::target(plan, plan.stored().canary.weights.as_ref());
    let replicas = hold(plan, index, target.stable);
    plan.scale(index, replicas, Deadline::GoesWithLastPod)
}

/// The wanted size, or the present one when it is larger and the split is not verified: no pod goes away that the
/// last verified split may still use (I3).
fn hold<S: Strategy>(plan: &mut Plan<'_, S>, index: usize, wanted: i32) -> i32 {
    let present = plan.sets.get(Some(index)).map_or(0, crd::ReplicaSet::replicas);
    if plan.split == Split::Trusted || wanted >= present {
        return wanted;
    }
    plan.because("scale.unverified", "pods stay until the split is seen");
    present
}

fn deadline_text(set: &crd::ReplicaSet) -> Option<&str> {
    set.metadata.annotation(names::SCALE_DOWN_DEADLINE).filter(|text| !text.is_empty())
}

/// A deadline `seconds` from now, as it stands in the annotation, on a whole second.
fn deadline_in<S: Strategy>(plan: &Plan<'_, S>, seconds: i32) -> String {
    plan.time().plus_seconds(seconds.into()).to_string()
}

/// What a deadline says.
enum Countdown {
    /// It has passed, or says nothing that can be read.
    Over,
    /// It lies ahead.
    Until(Timestamp),
}

fn countdown(text: &str, now: Timestamp) -> Countdown {
    match text.parse::<Timestamp>() {
        Ok(deadline) if deadline > now => Countdown::Until(deadline),
        _ => Countdown::Over,
    }
}

fn seconds(count: i32) -> std::time::Duration {
    std::time::Duration::try_from(SignedDuration::from_secs(count.into())).unwrap_or_default()
}
