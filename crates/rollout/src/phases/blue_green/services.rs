//! Which version the active and the preview Service select (spec rollout-bluegreen 1 rows 1 to 3, and 4).

use std::ops::ControlFlow;

use crd::{BlueGreen, ReplicaSet};

use super::{active_hash, is_fast_tracked, is_halted, is_judged, is_ready, is_saturated, pause};
use crate::phases::services::{self, Unmanaged};
use crate::plan::{Plan, Stop};
use crate::sets;

/// Shows the new version to those who want to see it before the others.
pub(crate) fn preview(plan: &mut Plan<'_, BlueGreen>) -> ControlFlow<Stop> {
    if !is_halted(plan) {
        let service = &plan.strategy.preview_service;
        services::point(plan, service, plan.sets.new, Unmanaged::Adopt);
    }
    ControlFlow::Continue(())
}

/// Switches users to the new version when it is whole, judged and waited for; after an abort back to the stable one.
pub(crate) fn active(plan: &mut Plan<'_, BlueGreen>) -> ControlFlow<Stop> {
    if is_halted(plan) {
        plan.because("active.halted", "paused: the active Service stays where it is");
        return ControlFlow::Continue(());
    }
    let service = &plan.strategy.active_service;
    if plan.aborted() {
        if stable_takes_over(plan) {
            services::point(plan, service, plan.sets.stable, Unmanaged::Adopt);
        }
        return ControlFlow::Continue(());
    }
    if !is_ready(plan) || !plan.new_set().is_some_and(|set| is_saturated(plan, set)) {
        if active_hash(plan) != plan.new_set().map_or("", ReplicaSet::hash) {
            plan.because(
                "active.wait",
                "the active Service waits until every pod of the new version is available",
            );
        }
        return ControlFlow::Continue(());
    }
    let goes = is_fast_tracked(plan) || (pause::is_over(plan) && is_judged(plan));
    let stays = (0..plan.sets.all.len()).find(|index| {
        plan.sets
            .get(Some(*index))
            .is_some_and(|set| set.hash() == active_hash(plan) && !set.hash().is_empty())
    });
    services::point(plan, service, if goes { plan.sets.new } else { stays }, Unmanaged::Adopt);
    ControlFlow::Continue(())
}

/// Whether going back loses no capacity: the stable version is whole, or serves at least as well as what is active.
///
/// It does not matter how the new version fares: an abort is most urgent when its pods fail (I5).
fn stable_takes_over(plan: &mut Plan<'_, BlueGreen>) -> bool {
    let active = active_hash(plan);
    let serving =
        plan.sets.all.iter().find(|set| set.hash() == active).map_or(0, |set| set.status.available_replicas);
    let stable = plan.stable_set().map_or(0, sets::sure);
    let whole = stable >= plan.replicas().min(serving.max(1));
    if !whole && plan.stable_set().is_some_and(|set| set.hash() != active) {
        plan.because(
            "active.wait",
            "the active Service waits until the stable version can take the requests",
        );
    }
    whole
}
