//! The split of traffic (spec rollout-canary 7, traffic-1).
//!
//! A weight is written, then seen: until the router shows the split, a `setWeight` step does not complete (I1) and no
//! pod goes away that the last verified split may still use (I3).

mod choice;
mod record;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use traffic::{Edit, Intent, Invalid, Live, ManagedRoutes, Router};

use super::services::{self, Availability};
use crate::decision::{Action, PatchBody};
use crate::events;
use crate::plan::{Plan, Split, Stop};
use crate::replicas::{share_down, threshold_met};
use crate::{sets, weights};
use choice::Choice;

pub(crate) use choice::{leaves_canary, rolls_back_dynamically};

/// How soon an unverified split is looked at again.
const VERIFY_AGAIN: Duration = Duration::from_secs(10);

/// Routes traffic as the current step says, as far as the stable version can carry the rest.
pub(crate) fn route(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let routers = traffic::selected(&plan.rollout);
    if routers.is_empty() {
        plan.status.canary.weights = None;
        return ControlFlow::Continue(());
    }
    let choice = choice::choose(plan);
    if leaves_canary(plan) {
        let canary_service = &plan.strategy.canary_service;
        services::switch(plan, canary_service, plan.sets.stable, Availability::NotRequired);
    }
    let beside: i32 = choice.additional.iter().map(|destination| destination.weight).sum();
    if !stable_carries_the_rest(plan, choice.weight.saturating_add(beside)) {
        plan.split = unverified(plan, choice.weight);
        return ControlFlow::Continue(());
    }
    let intent = intent(plan, &choice);
    match apply(plan, &routers, &intent) {
        Ok(verified) => {
            record::weights(plan, &intent, verified);
            if verified == Some(false) {
                plan.split = unverified(plan, choice.weight);
                plan.requeue(VERIFY_AGAIN);
                let detail = format!("weight {} is written, and not seen yet", choice.weight);
                plan.because("traffic.verify", detail);
            }
            ControlFlow::Continue(())
        }
        Err(invalid) => {
            plan.tell(events::warning(events::TRAFFIC_ROUTING_ERROR, invalid.to_string()));
            plan.because("traffic.invalid", invalid.to_string());
            plan.requeue(VERIFY_AGAIN);
            ControlFlow::Break(Stop::Silent)
        }
    }
}

fn unverified(plan: &Plan<'_>, weight: i32) -> Split {
    let end = weight == weights::max(plan.strategy) && !plan.rollout.fully_promoted();
    if end { Split::UnverifiedAtTheEnd } else { Split::Unverified }
}

/// Nothing is given to the stable version that it cannot carry (I2, I4). What it keeps or loses it need not carry: a
/// stable version whose pods fail does not hold back the one that mends it.
fn stable_carries_the_rest(plan: &mut Plan<'_>, weight: i32) -> bool {
    let max = weights::max(plan.strategy);
    let needed = share_down(max.saturating_sub(weight), plan.replicas(), max);
    let share = max.saturating_sub(weight);
    let known = plan.stored().canary.weights.as_ref().map(|weights| &weights.stable);
    let carries = plan.stable_set().is_some_and(|stable| {
        let gets_no_more =
            known.is_some_and(|known| known.pod_template_hash == stable.hash() && share <= known.weight);
        let carries = sets::sure(stable) >= needed || threshold_met(plan.strategy, Some(stable), needed);
        gets_no_more || (sets::is_observed(stable) && carries)
    });
    if !carries {
        let detail = format!("the stable version needs {needed} available pods to carry the rest");
        plan.because("traffic.capacity", detail);
    }
    carries
}

fn intent(plan: &Plan<'_>, choice: &Choice) -> Intent {
    let (stable_service, canary_service) = roles(plan);
    let hash = |set: Option<&crd::ReplicaSet>| set.map_or_else(String::new, |set| set.hash().to_owned());
    Intent {
        canary_weight: choice.weight,
        max_weight: weights::max(plan.strategy),
        canary_service,
        stable_service,
        canary_hash: choice.canary_hash.clone().unwrap_or_else(|| hash(plan.new_set())),
        stable_hash: hash(plan.stable_set()),
        additional: choice.additional.clone(),
        managed_routes: managed_routes(plan, choice),
    }
}

/// Stable and canary Service; two Services that take turns are used only when no role is fixed.
fn roles(plan: &Plan<'_>) -> (String, String) {
    let canary = plan.strategy;
    match &canary.ping_pong {
        Some(pair) if canary.stable_service.is_empty() && canary.canary_service.is_empty() => {
            let services = (pair.ping_service.clone(), pair.pong_service.clone());
            if plan.stored().canary.stable_ping_pong == "ping" { services } else { (services.1, services.0) }
        }
        _ => (canary.stable_service.clone(), canary.canary_service.clone()),
    }
}

fn managed_routes(plan: &Plan<'_>, choice: &Choice) -> ManagedRoutes {
    let first_revision = plan.revision().parse::<i64>().is_ok_and(|revision| revision <= 1);
    if choice.without_managed_routes || first_revision {
        return ManagedRoutes::default();
    }
    let done = plan.current_step().map_or(plan.steps().len(), |(index, _)| index as usize + 1);
    ManagedRoutes::in_force(plan.steps(), done)
}

/// Brings every router to the intent; tells whether all of them show it.
fn apply(
    plan: &mut Plan<'_>,
    routers: &[&'static dyn Router],
    intent: &Intent,
) -> Result<Option<bool>, Invalid> {
    let mut verified = None;
    for router in routers {
        let keys = router.reads(&plan.rollout);
        let found = |key| plan.observed.routes.get(&key).map(|live| (key, Arc::clone(live)));
        let live = Live { objects: keys.into_iter().filter_map(found).collect::<BTreeMap<_, _>>() };
        let edits = router.edits(&plan.rollout, &live, intent)?;
        let shows = match edits.as_slice() {
            [] => router.verified(&plan.rollout, &live, intent),
            _ => Some(false),
        };
        verified = match (verified, shows) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (seen, shows) => seen.or(shows),
        };
        for Edit { key, patch } in edits {
            plan.act(Action::Patch { key, patch: PatchBody::Json(patch) });
        }
    }
    Ok(verified)
}
