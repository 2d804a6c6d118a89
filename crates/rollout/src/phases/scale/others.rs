//! The sizes of ReplicaSets that are neither new nor stable (spec rollout-canary 10.4, rollout-reconcile 3.8).

use super::{Retirement, deadline_text, is_referenced, retire};
use crate::plan::{Deadline, Plan, Split};
use crate::replicas::bounds;

pub(super) fn scale(plan: &mut Plan<'_>) -> bool {
    let Some(dropped) = drop_unhealthy(plan) else { return false };
    let min_available = plan.replicas() - bounds(plan.strategy, plan.replicas()).unavailable;
    let mut room = plan.sets.sure().saturating_sub(min_available);
    if room <= 0 {
        return false;
    }
    let mut scaled = dropped;
    let mut waiting = 0;
    for index in plan.sets.others_by_revision() {
        let Some(set) = plan.sets.get(Some(index)) else { continue };
        let present = set.replicas();
        if room <= 0 || present == 0 {
            continue;
        }
        let Some(target) = target(plan, index, room, &mut waiting) else { continue };
        room -= present.saturating_sub(target);
        scaled |= plan.scale(index, target, Deadline::GoesWithLastPod);
    }
    scaled
}

/// Reduces every ReplicaSet to the pods that serve; one that traffic can reach keeps those that are on their way (I3). `None` while an earlier reduction is still under way.
fn drop_unhealthy(plan: &mut Plan<'_>) -> Option<bool> {
    let others: Vec<usize> = plan.sets.others().collect();
    let mut scaled = false;
    for index in others {
        let (wanted, available) =
            plan.sets.get(Some(index)).map_or((0, 0), |set| (set.replicas(), set.status.available_replicas));
        if wanted < available {
            return None;
        }
        let reached =
            plan.traffic_routed() && plan.sets.get(Some(index)).is_some_and(|set| is_referenced(plan, set));
        if wanted > available && !reached {
            scaled |= plan.scale(index, available, Deadline::GoesWithLastPod);
        }
    }
    Some(scaled)
}

/// The size that a ReplicaSet should have, or `None` to leave it alone.
fn target(plan: &mut Plan<'_>, index: usize, room: i32, waiting: &mut i32) -> Option<i32> {
    let set = plan.sets.get(Some(index))?;
    if !plan.traffic_routed() {
        return Some((set.replicas() - room).max(0));
    }
    if is_referenced(plan, set) || plan.split != Split::Trusted {
        return None;
    }
    if !plan.rollout.fully_promoted() && deadline_text(set).is_none() {
        // Neither stable nor canary, and no traffic can reach it: a version that was overtaken.
        return Some(0);
    }
    if plan.strategy.dynamic_stable_scale {
        return Some(0);
    }
    let retirement = Retirement {
        delay: plan.strategy.scale_down_delay_seconds,
        limit: plan.strategy.scale_down_delay_revision_limit,
        size_while_waiting: None,
    };
    retire(plan, index, &retirement, waiting)
}
