//! Whether an update goes back, and how fast it may (spec rollout-canary 4).

use crd::{ReplicaSet, names};

use crate::plan::Plan;
use crate::strategy::Strategy;

/// Whether the new ReplicaSet is older than the stable one and few enough revisions lie between them.
pub(crate) fn inside_window<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    let revisions = plan.rollout.spec.rollback_window.as_ref().map_or(0, |window| window.revisions);
    let (Some(new), Some(stable)) = (plan.new_set(), plan.stable_set()) else { return false };
    let (from, to) = (new.metadata.creation_timestamp, stable.metadata.creation_timestamp);
    if revisions <= 0 || from >= to {
        return false;
    }
    let between = plan.sets.all.iter().filter(|set| {
        let created = set.metadata.creation_timestamp;
        // Those of Experiments are no revisions.
        created > from && created < to && set.metadata.annotation(names::EXPERIMENT).is_none()
    });
    between.count() < usize::try_from(revisions).unwrap_or(0)
}

/// Whether the new ReplicaSet is the stable one or older than it.
pub(crate) fn is_rollback<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    let created = |set: &ReplicaSet| set.metadata.creation_timestamp;
    plan.sets.new_is_stable()
        || matches!((plan.new_set(), plan.stable_set()),
            (Some(new), Some(stable)) if created(new) < created(stable))
}

/// Whether the update goes back without steps: within the window, or because it is at the stable version already.
pub(crate) fn is_fast<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    is_rollback(plan) && (plan.sets.new_is_stable() || inside_window(plan) || S::returns_in_time(plan))
}
