//! The pause before users are switched (spec rollout-bluegreen 3).

use std::ops::ControlFlow;

use crd::BlueGreen;
use jiff::{SignedDuration, Timestamp};

use super::{is_fast_tracked, is_halted, is_judged, is_ready, waits_since};
use crate::pauses;
use crate::plan::{Plan, Stop};

/// Begins the pause, waits for its end, or drops it when there is nothing to wait for.
pub(crate) fn before_the_switch(plan: &mut Plan<'_, BlueGreen>) -> ControlFlow<Stop> {
    if plan.aborted() || !is_ready(plan) || is_halted(plan) {
        return ControlFlow::Continue(());
    }
    let asked_for = !promotes_itself(plan.strategy) || plan.strategy.auto_promotion_seconds > 0;
    let check_point = plan.stored().blue_green.scale_up_preview_check_point;
    if is_fast_tracked(plan) || check_point || !asked_for {
        plan.pauses.remove(pauses::BLUE_GREEN);
    } else if is_judged(plan) {
        wait(plan);
    }
    ControlFlow::Continue(())
}

fn wait(plan: &mut Plan<'_, BlueGreen>) {
    match waits_since(plan) {
        None if !plan.stored().controller_pause => {
            plan.pauses.add(pauses::BLUE_GREEN);
            if let Some(end) = end(plan, plan.time().timestamp()) {
                plan.requeue_at(end);
            }
        }
        // Resumed by a user.
        None => {}
        Some(_) if is_over(plan) => plan.pauses.remove(pauses::BLUE_GREEN),
        Some(since) => {
            if let Some(end) = end(plan, since) {
                plan.requeue_at(end);
            }
        }
    }
}

fn promotes_itself(strategy: &BlueGreen) -> bool {
    strategy.auto_promotion_enabled != Some(false)
}

/// When a pause that began at `since` ends by itself; the first moment after it.
fn end(plan: &Plan<'_, BlueGreen>, since: Timestamp) -> Option<Timestamp> {
    let seconds = plan.strategy.auto_promotion_seconds;
    if !promotes_itself(plan.strategy) || seconds <= 0 {
        return None;
    }
    since.saturating_add(SignedDuration::new(seconds.into(), 1)).ok()
}

/// Whether nothing is to be waited for any more.
///
/// With `autoPromotionSeconds` only the clock ends the pause: a plain resume begins it anew, as the public controller
/// has it; a full promotion does not wait.
pub(super) fn is_over(plan: &Plan<'_, BlueGreen>) -> bool {
    let stored = plan.stored();
    if plan.pauses.is_adding(pauses::BLUE_GREEN) {
        return false;
    }
    if stored.blue_green.scale_up_preview_check_point {
        return true;
    }
    let since = waits_since(plan);
    if !promotes_itself(plan.strategy) {
        return stored.controller_pause && since.is_none();
    }
    plan.strategy.auto_promotion_seconds == 0
        || since.and_then(|since| end(plan, since)).is_some_and(|end| plan.now >= end)
}
