//! The newest version becomes the stable one (spec rollout-canary 4, rollout-bluegreen 8).

use super::duration;
use crate::events;
use crate::plan::Plan;
use crate::strategy::Strategy;

/// Ends the update: pauses and abort are over, and the newest version is the stable one.
pub(crate) fn promote<S: Strategy>(plan: &mut Plan<'_, S>, reason: &str) {
    plan.promoted = true;
    plan.pauses.clear = true;
    plan.pauses.take_back_abort = true;
    plan.status.current_step_index = plan.last_index();
    plan.status.blue_green.scale_up_preview_check_point = false;
    let fast = std::mem::take(&mut plan.status.promote_full);
    let hash = plan.status.current_pod_hash.clone();
    if plan.status.stable_rs == hash {
        return;
    }
    S::promoted(plan);
    duration::complete(&mut plan.status, if fast { "FastPromoted" } else { "Promoted" });
    let message = format!("Rollout completed update to revision {} ({hash}): {reason}", plan.revision());
    plan.status.stable_rs = hash;
    plan.tell(events::normal(events::ROLLOUT_COMPLETED, message));
}
