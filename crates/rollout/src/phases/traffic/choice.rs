//! Which weight the canary should have now (spec rollout-canary 7, first match).

use crd::WeightDestination;

use super::super::experiments;
use crate::plan::Plan;
use crate::replicas::{reached, share_down};
use crate::sets;
use crate::weights;

/// A weight, and what goes with it.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) weight: i32,
    /// The version that the canary's share belongs to, when it is not the new one.
    pub(super) canary_hash: Option<String>,
    /// Routes that steps created go away.
    pub(super) without_managed_routes: bool,
    /// The shares of an Experiment's templates.
    pub(super) additional: Vec<WeightDestination>,
}

pub(super) fn choose(plan: &Plan<'_>) -> Choice {
    let ends_routes = |weight| Choice { weight, without_managed_routes: true, ..Choice::default() };
    let keeps_routes = |weight| Choice { weight, ..Choice::default() };
    let stored = plan.stored();
    let stored_weights = stored.canary.weights.as_ref();
    if rolls_back_dynamically(plan) {
        let canary_hash = stored_weights.map(|weights| weights.canary.pod_template_hash.clone());
        return Choice { canary_hash, ..keeps_routes(weights::going_back(plan)) };
    }
    if plan.rollout.fully_promoted() {
        return ends_routes(0);
    }
    if plan.aborted() {
        return ends_routes(weights::going_back(plan));
    }
    let available = sets::available(plan.new_set());
    if available == 0 {
        let additional = if stored.promote_full { Vec::new() } else { fitting(plan, 0) };
        return Choice { additional, ..ends_routes(0) };
    }
    let max = weights::max(plan.strategy);
    let kept = stored_weights.map_or(0, |weights| weights.canary.weight);
    let carried = share_down(max, plan.new_set().map_or(0, sets::sure), plan.replicas());
    if stored.promote_full {
        // A status that is older than the size is no reason to take back what was given.
        let observed = plan.new_set().is_some_and(sets::is_observed);
        let follows = plan.strategy.dynamic_stable_scale && observed;
        return ends_routes(if follows { carried.min(max) } else { kept });
    }
    if plan.steps().is_empty() {
        return keeps_routes(0);
    }
    let beside = |weight| Choice { additional: fitting(plan, weight), ..keeps_routes(weight) };
    if reached(plan, None) {
        return beside(weights::current(plan));
    }
    // A user may have skipped the step that was waiting for pods: its weight is not owed before they are there (I2).
    beside(weights::before_current(plan).min(kept.max(carried)))
}

/// The shares of an Experiment's templates, as far as the canary leaves them (I4).
fn fitting(plan: &Plan<'_>, canary: i32) -> Vec<WeightDestination> {
    let mut left = weights::max(plan.strategy).saturating_sub(canary).max(0);
    let fit = |destination: WeightDestination| {
        let weight = destination.weight.clamp(0, left);
        left -= weight;
        WeightDestination { weight, ..destination }
    };
    experiments::weights(plan).into_iter().map(fit).collect()
}

/// Whether a user went back to the stable template while dynamically scaled stable pods are still missing: the
/// interrupted version keeps its share until they are there (spec rollout-canary 7.1).
pub(crate) fn rolls_back_dynamically(plan: &Plan<'_>) -> bool {
    let (Some(new), Some(weights)) = (plan.new_set(), &plan.stored().canary.weights) else { return false };
    plan.rollout.fully_promoted()
        && plan.traffic_routed()
        && plan.strategy.dynamic_stable_scale
        && weights.canary.pod_template_hash != new.hash()
        && sets::sure(new) < plan.replicas()
}

/// Whether an abort takes the canary Service away from the canary: at once, or when its last share is gone.
pub(crate) fn leaves_canary(plan: &Plan<'_>) -> bool {
    plan.aborted()
        && !plan.rollout.fully_promoted()
        && !traffic::selected(&plan.rollout).is_empty()
        && (!plan.strategy.dynamic_stable_scale || weights::going_back(plan) == 0)
}
