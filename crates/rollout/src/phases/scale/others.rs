//! The sizes of ReplicaSets that are neither new nor stable (spec rollout-canary 10.4, rollout-reconcile 3.8).

use crd::{ReplicaSet, names};

use super::super::services;
use super::{Countdown, DEFAULT_DELAY, countdown, deadline_in, deadline_text, seconds};
use crate::plan::{Deadline, Plan, Split};
use crate::replicas::bounds;

pub(super) fn scale(plan: &mut Plan<'_>) -> bool {
    let Some(dropped) = drop_unhealthy(plan) else { return false };
    let min_available = plan.replicas() - bounds(plan.canary, plan.replicas()).unavailable;
    let mut room = plan.sets.available().saturating_sub(min_available);
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

/// Reduces every ReplicaSet to the pods that serve. `None` while an earlier reduction is still under way.
fn drop_unhealthy(plan: &mut Plan<'_>) -> Option<bool> {
    let others: Vec<usize> = plan.sets.others().collect();
    let mut scaled = false;
    for index in others {
        let (wanted, available) =
            plan.sets.get(Some(index)).map_or((0, 0), |set| (set.replicas(), set.status.available_replicas));
        if wanted < available {
            return None;
        }
        if wanted > available {
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
    if plan.canary.dynamic_stable_scale { Some(0) } else { count_down(plan, index, waiting) }
}

/// Old pods stay for a while after the promotion, at most so many revisions of them.
fn count_down(plan: &mut Plan<'_>, index: usize, waiting: &mut i32) -> Option<i32> {
    let limit = plan.canary.scale_down_delay_revision_limit.unwrap_or(i32::MAX);
    let set = plan.sets.get(Some(index))?;
    let present = set.replicas();
    match deadline_text(set).map(|text| countdown(text, plan.now)) {
        None if *waiting >= limit => Some(0),
        None => {
            *waiting += 1;
            let delay = plan.canary.scale_down_delay_seconds.unwrap_or(DEFAULT_DELAY);
            if delay > 0 {
                let deadline = deadline_in(plan, delay);
                plan.annotate_set(index, names::SCALE_DOWN_DEADLINE, Some(&deadline));
                plan.requeue(seconds(delay));
            }
            Some(present)
        }
        Some(countdown) => {
            *waiting += 1;
            match countdown {
                Countdown::Until(deadline) if *waiting <= limit => {
                    plan.requeue_at(deadline);
                    Some(present)
                }
                _ => Some(0),
            }
        }
    }
}

/// Whether traffic may still reach the version: by status, by a recorded weight, or by a Service.
fn is_referenced(plan: &Plan<'_>, set: &ReplicaSet) -> bool {
    let (hash, stored) = (set.hash(), plan.stored());
    let weights = stored.canary.weights.as_ref();
    let recorded = weights.into_iter().flat_map(|weights| {
        [weights.canary.pod_template_hash.as_str(), weights.stable.pod_template_hash.as_str()]
    });
    let services = [&plan.canary.canary_service, &plan.canary.stable_service];
    let selected = services.into_iter().map(|service| services::selected_hash(plan, service));
    let known = [stored.stable_rs.as_str(), stored.current_pod_hash.as_str()];
    !hash.is_empty() && known.into_iter().chain(recorded).chain(selected).any(|used| used == hash)
}
