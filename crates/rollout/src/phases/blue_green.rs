//! The phases of the blue-green strategy (spec rollout-bluegreen), and the words that they share.

pub(crate) mod analysis;
pub(crate) mod judge;
pub(crate) mod pause;
pub(crate) mod services;
pub(crate) mod sizes;

use crd::{BlueGreen, ReplicaSet, RolloutStatus, names};

use super::services::selected_hash;
use crate::pauses;
use crate::plan::Plan;
use crate::rollback;
use crate::sets;

/// The ReplicaSet that users reach, as `status` tells.
pub(crate) fn active_set<'a>(
    plan: &'a Plan<'_, BlueGreen>,
    status: &RolloutStatus,
) -> Option<&'a ReplicaSet> {
    let hash = &status.blue_green.active_selector;
    let all = plan.sets.all.iter().map(AsRef::as_ref);
    all.into_iter().find(|set: &&ReplicaSet| !hash.is_empty() && set.hash() == hash)
}

/// The hash that the active Service selects, after this pass.
fn active_hash<'a>(plan: &'a Plan<'_, BlueGreen>) -> &'a str {
    selected_hash(plan, &plan.strategy.active_service)
}

/// Whether every pod that `spec.replicas` asks for is wanted and available.
pub(crate) fn is_saturated(plan: &Plan<'_, BlueGreen>, set: &ReplicaSet) -> bool {
    let replicas = plan.replicas();
    let desired = set.metadata.annotation(names::DESIRED_REPLICAS).and_then(|text| text.parse().ok());
    desired == Some(replicas) && sets::has(set, replicas)
}

/// Whether the new version has the pods that it should have at this point of the update.
fn is_ready(plan: &Plan<'_, BlueGreen>) -> bool {
    let wanted = sizes::of_new(plan);
    plan.new_set().is_some_and(|set| sets::has(set, wanted))
}

/// Whether Services and the pause are left as they are: a person decides first.
fn is_halted(plan: &Plan<'_, BlueGreen>) -> bool {
    plan.rollout.spec.paused || plan.pauses.inconclusive(plan.stored())
}

/// Whether the switch needs neither a pause nor an analysis.
fn is_fast_tracked(plan: &Plan<'_, BlueGreen>) -> bool {
    let active = active_hash(plan);
    let new = plan.new_set().map_or("", ReplicaSet::hash);
    rollback::is_fast(plan) || plan.stored().promote_full || active.is_empty() || active == new
}

/// Whether the new version waited for its end when the pass began: the annotation is gone by now.
pub(crate) fn had_time_left(plan: &Plan<'_, BlueGreen>) -> bool {
    let Some(new) = plan.new_set() else { return false };
    let before = plan.observed.replica_sets.iter().find(|set| set.metadata.uid == new.metadata.uid);
    let deadline = before.and_then(|set| set.metadata.annotation(names::SCALE_DOWN_DEADLINE));
    deadline.and_then(|text| text.parse().ok()).is_some_and(|deadline: jiff::Timestamp| deadline > plan.now)
}

/// Whether the analysis before the switch asks for nothing more.
fn is_judged(plan: &Plan<'_, BlueGreen>) -> bool {
    let wanted = plan.strategy.pre_promotion_analysis.as_ref();
    wanted.is_none_or(|analysis| analysis.templates.is_empty()) || analysis::before_is_successful(plan)
}

/// Since when the update waits for the switch.
fn waits_since(plan: &Plan<'_, BlueGreen>) -> Option<jiff::Timestamp> {
    pauses::pause(plan.stored(), pauses::BLUE_GREEN).map(|pause| pause.start_time.timestamp())
}
