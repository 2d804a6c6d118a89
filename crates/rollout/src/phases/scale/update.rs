//! The size of the new ReplicaSet, also after an abort.

use crd::{ReplicaSet, names};

use super::{Countdown, countdown, deadline_in, deadline_text, hold, seconds};
use crate::decision::Reason;
use crate::plan::{Deadline, Plan};
use crate::strategy::Strategy;
use crate::{replicas, sets, words};

/// Whether the pods of an aborted version stay for a while. Then their delay, in seconds.
pub(crate) fn delay_after_abort<S: Strategy>(plan: &Plan<'_, S>) -> Option<i32> {
    if !plan.aborted() || plan.sets.new_is_stable() { None } else { S::abort_delay(plan) }
}

pub(super) fn scale_new(plan: &mut Plan<'_>) -> bool {
    let Some(index) = plan.sets.new else { return false };
    if let Some(delay) = delay_after_abort(plan) {
        return count_down_after_abort(plan, index, delay);
    }
    let known = plan.status.canary.weights.clone();
    let target = replicas::target(plan, known.as_ref());
    let replicas = if plan.sets.new_is_stable() { target.canary } else { hold(plan, index, target.canary) };
    plan.scale(index, replicas, Deadline::GoesWithLastPod)
}

/// After an abort the pods stay until their deadline, which begins once the stable version is whole again.
pub(crate) fn count_down_after_abort<S: Strategy>(plan: &mut Plan<'_, S>, index: usize, delay: i32) -> bool {
    let Some(set) = plan.sets.get(Some(index)) else { return false };
    let present = set.replicas();
    match deadline_text(set).map(|text| countdown(text, plan.now)) {
        Some(Countdown::Over) => {
            let replicas = hold(plan, index, 0);
            return plan.scale(index, replicas, Deadline::Stays);
        }
        Some(Countdown::Until(deadline)) => {
            plan.requeue_at(deadline);
            let detail = format!("the aborted version keeps {}", words::pods(present));
            plan.give(Reason::new("abort.drain", detail).until(Some(deadline.into())));
        }
        None => {
            let stable_is_whole = plan.stable_set().map_or(0, sets::sure) >= plan.replicas();
            if present > 0 && stable_is_whole {
                let deadline = deadline_in(plan, delay);
                plan.annotate_set(index, names::SCALE_DOWN_DEADLINE, Some(&deadline));
                plan.requeue(seconds(delay));
            } else if present > 0 {
                plan.because("abort.stable", "the aborted version stays until the stable one is whole");
            }
        }
    }
    let present = plan.sets.get(Some(index)).map_or(0, ReplicaSet::replicas);
    plan.scale(index, present, Deadline::Stays)
}
