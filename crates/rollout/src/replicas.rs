//! How many pods each version should have (spec rollout-canary 10).

pub(crate) mod basic;
mod bounds;
mod reached;
mod routed;

use crd::{ReplicaSet, Rollout, TrafficWeights};

use crate::plan::Plan;
use crate::weights;

pub(crate) use bounds::{Bounds, bounds, unavailable};
pub(crate) use reached::{reached, threshold_met};

/// Wanted sizes of the new and the stable ReplicaSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) canary: i32,
    pub(crate) stable: i32,
}

/// The sizes to go to now. With traffic routing they follow from `known` weights, otherwise from what is there.
pub(crate) fn target(plan: &Plan<'_>, known: Option<&TrafficWeights>) -> Target {
    if plan.traffic_routed() {
        return routed::target(plan, known);
    }
    basic::target(&basic::Situation {
        replicas: plan.replicas(),
        weight: weights::driving_replicas(plan),
        max: weights::MAX,
        bounds: bounds(plan.strategy, plan.replicas()),
        new: plan.new_set().map(basic::Size::of),
        stable: plan.stable_set().map(basic::Size::of),
        new_is_stable: plan.sets.new_is_stable(),
        others: plan
            .sets
            .others()
            .filter_map(|index| plan.sets.get(Some(index)))
            .map(ReplicaSet::replicas)
            .sum(),
    })
}

/// The sizes that a step asks for in the end, however long the way.
pub(crate) fn ideal(plan: &Plan<'_>, known: Option<&TrafficWeights>) -> Target {
    if plan.traffic_routed() {
        return routed::target(plan, known);
    }
    let replicas = plan.replicas();
    if plan.sets.stable.is_none() || plan.sets.new_is_stable() {
        return Target { canary: replicas, stable: 0 };
    }
    let surge = bounds(plan.strategy, replicas).surge;
    basic::ideal(replicas, weights::driving_replicas(plan), weights::MAX, surge)
}

/// `ceil(part * whole / max)` in wide arithmetic.
pub(crate) fn share_up(part: i32, whole: i32, max: i32) -> i32 {
    let (part, whole, max) = (i64::from(part), i64::from(whole), i64::from(max.max(1)));
    narrow((part * whole + max - 1).div_euclid(max))
}

/// `floor(part * whole / max)` in wide arithmetic.
pub(crate) fn share_down(part: i32, whole: i32, max: i32) -> i32 {
    narrow((i64::from(part) * i64::from(whole)).div_euclid(i64::from(max.max(1))))
}

fn narrow(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// Pods of the canary and of stable once a step with this weight is complete, when no router splits the traffic: the
/// share of the pods is then the real weight (spec rollout-canary 10.2 step A).
///
/// ```
/// let rollout: crd::Rollout = crd::yaml::from_str("{spec: {replicas: 4, strategy: {canary: {}}}}")?;
/// // 10 % of four pods is one of five: 20 %.
/// assert_eq!(aviary_rollout::pods_without_router(&rollout, 10), Some((1, 4)));
/// # Ok::<(), crd::yaml::Error>(())
/// ```
pub fn pods_without_router(rollout: &Rollout, weight: i32) -> Option<(i32, i32)> {
    let replicas = rollout.spec.replicas.unwrap_or(1);
    let surge = bounds(rollout.canary()?, replicas).surge;
    let target = basic::ideal(replicas, weight, weights::MAX, surge);
    Some((target.canary, target.stable))
}
