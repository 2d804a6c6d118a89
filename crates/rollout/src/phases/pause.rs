//! A `pause` step (spec rollout-canary 5.2).

use std::ops::ControlFlow;

use crd::duration;
use jiff::SignedDuration;

use crate::pauses;
use crate::plan::{Plan, Stop};

/// Begins the pause, or waits for its end; either way the pass ends here.
pub(crate) fn step(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let stored = plan.stored();
    let Some(pause) = plan.current_step().and_then(|(_, step)| step.pause.as_ref()) else {
        return ControlFlow::Continue(());
    };
    if plan.rollout.spec.paused || stored.promote_full || plan.aborted() {
        return ControlFlow::Continue(());
    }
    match pauses::pause(stored, pauses::PAUSE_STEP) {
        None if !stored.controller_pause => plan.pauses.add(pauses::PAUSE_STEP),
        None => {}
        Some(begun) => {
            let seconds = pause.duration.as_ref().and_then(duration::whole_seconds);
            let end = seconds.and_then(|seconds| {
                begun.start_time.timestamp().saturating_add(SignedDuration::from_secs(seconds)).ok()
            });
            if let Some(end) = end.filter(|end| *end > plan.now) {
                plan.requeue_at(end);
            }
        }
    }
    if plan.pauses.adds() {
        let seconds = pause.duration.as_ref().and_then(duration::whole_seconds);
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        if let Some(seconds) = seconds {
            plan.requeue(std::time::Duration::from_secs(seconds));
        }
    }
    ControlFlow::Break(Stop::Judge)
}
