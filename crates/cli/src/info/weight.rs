//! Weights of a canary (spec cli-commands 8.2, cli-get-tree 3.6).

use serde_json::Value as Json;

use crate::json::Read as _;

/// 100, unless `maxTrafficWeight` says otherwise.
pub(crate) fn max(rollout: &Json) -> i64 {
    rollout.int("/spec/strategy/canary/trafficRouting/maxTrafficWeight").unwrap_or(100)
}

pub(crate) fn steps(rollout: &Json) -> &[Json] {
    rollout.list("/spec/strategy/canary/steps")
}

/// `i/n`; empty without steps or index.
pub(crate) fn step(rollout: &Json) -> String {
    match (rollout.int("/status/currentStepIndex"), steps(rollout).len()) {
        (Some(index), count @ 1..) => format!("{index}/{count}"),
        _ => String::new(),
    }
}

/// The weight that the current step, or the nearest before it, sets.
pub(crate) fn set(rollout: &Json) -> i64 {
    if rollout.flag("/status/abort") {
        return 0;
    }
    match current_step(rollout) {
        None => max(rollout),
        Some(index) => {
            let mut so_far = steps(rollout).iter().take(index + 1).rev();
            so_far.find_map(|step| step.int("/setWeight")).unwrap_or(0)
        }
    }
}

/// The weight that the canary has, as far as status tells; `available` counts its pods.
pub(crate) fn actual(rollout: &Json, available: i64) -> i64 {
    let all = rollout.count("/status/availableReplicas");
    if current_step(rollout).is_none() {
        max(rollout)
    } else if all <= 0 {
        0
    } else if rollout.has("/spec/strategy/canary/trafficRouting") {
        if rollout.has("/status/canary/weights") {
            rollout.count("/status/canary/weights/canary/weight")
        } else {
            set(rollout)
        }
    } else {
        available * max(rollout) / all
    }
}

/// Index of the step that is being carried out; none when there are no steps or all are done. No index is the first.
fn current_step(rollout: &Json) -> Option<usize> {
    let index = usize::try_from(rollout.count("/status/currentStepIndex")).unwrap_or(0);
    (index < steps(rollout).len()).then_some(index)
}
