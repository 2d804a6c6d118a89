//! Which version each Service selects (spec rollout-canary 6).

use std::ops::ControlFlow;

use crd::{Kind, ReplicaSet, Service, names};
use serde_json::json;

use super::traffic;
use crate::events;
use crate::plan::{Plan, Stop};
use crate::replicas::share_up;
use crate::sets;
use crate::strategy::Strategy;
use crate::weights;

/// Whether a Service may be pointed at a version without endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// It waits for available pods.
    Required,
    /// It does not.
    NotRequired,
}

/// Points the Service in the canary role at the new version, while an update goes on.
pub(crate) fn ping_pong(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let Some(pair) = &plan.strategy.ping_pong else { return ControlFlow::Continue(()) };
    if !plan.rollout.fully_promoted() {
        let stable_is_ping = plan.stored().canary.stable_ping_pong == "ping";
        let service = if stable_is_ping { &pair.pong_service } else { &pair.ping_service };
        switch(plan, service, plan.sets.new, Availability::NotRequired);
    }
    ControlFlow::Continue(())
}

/// Points the stable Service at the stable version and the canary Service at the new one, each when its pods can
/// take the requests.
pub(crate) fn stable_and_canary(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let canary = plan.strategy;
    switch(plan, &canary.stable_service, plan.sets.stable, Availability::Required);
    if plan.aborted() && !plan.traffic_routed() {
        switch(plan, &canary.canary_service, plan.sets.stable, Availability::Required);
    } else if !traffic::rolls_back_dynamically(plan) && !traffic::leaves_canary(plan) {
        switch(plan, &canary.canary_service, plan.sets.new, Availability::Required);
    }
    ControlFlow::Continue(())
}

/// Makes `service` select the pods of a ReplicaSet, when they can take the requests.
pub(crate) fn switch(plan: &mut Plan<'_>, service: &str, to: Option<usize>, availability: Availability) {
    let Some((set, live)) = plan.sets.get(to).zip(plan.observed.services.get(service)) else { return };
    let differs = !set.hash().is_empty() && live.selected_hash() != set.hash();
    let availability = if differs { availability } else { Availability::NotRequired };
    if availability == Availability::Required && !can_take_over(plan, set, live) {
        let hash = set.hash().to_owned();
        plan.because("service.wait", format!("Service {service} waits for available pods of {hash}"));
        return;
    }
    point(plan, service, to, Unmanaged::Leave);
}

/// What becomes of a Service that selects the right pods and does not say yet who manages it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmanaged {
    /// It is annotated.
    Adopt,
    /// It stays as it is.
    Leave,
}

/// Makes `service` select the pods of a ReplicaSet; at most one write per Service and pass (I5).
pub(crate) fn point<S: Strategy>(
    plan: &mut Plan<'_, S>,
    service: &str,
    to: Option<usize>,
    unmanaged: Unmanaged,
) {
    let Some((set, live)) = plan.sets.get(to).zip(plan.observed.services.get(service)) else { return };
    let (hash, before) = (set.hash().to_owned(), live.selected_hash().to_owned());
    let managed = live.metadata.annotation(names::MANAGED_BY).is_some();
    let right = before == hash && (managed || unmanaged == Unmanaged::Leave);
    if hash.is_empty() || right || plan.switched.iter().any(|(name, _)| name == service) {
        return;
    }
    let selector = json!({"selector": {names::POD_TEMPLATE_HASH: hash}});
    let patch = if managed {
        json!({"spec": selector})
    } else {
        let annotations = json!({names::MANAGED_BY: plan.rollout.metadata.name});
        json!({"metadata": {"annotations": annotations}, "spec": selector})
    };
    let key = plan.key(Kind::SERVICE, service);
    plan.merge(key, patch);
    let message = format!("Switched selector for service '{service}' from '{before}' to '{hash}'");
    plan.tell(events::normal(events::SWITCH_SERVICE, message));
    plan.switched.push((service.to_owned(), hash));
}

/// A Service that is not managed yet carries live traffic: only a whole ReplicaSet may take it over. After that the pods
/// must be enough for what a router sends there, or as many as those that have it now (I2).
fn can_take_over(plan: &Plan<'_>, set: &ReplicaSet, live: &Service) -> bool {
    let available = sets::sure(set);
    if live.metadata.annotation(names::MANAGED_BY).is_none() {
        return available > 0 && set.replicas() <= available;
    }
    let now = plan.sets.all.iter().find(|set| set.hash() == live.selected_hash());
    let now = now.map_or(0, |set| set.status.available_replicas.min(set.replicas()));
    available >= pods_for_its_share(plan, &live.metadata.name).min(now).max(1)
}

/// The pods that a Service needs for the weight that it was given last; none when no router knows it.
fn pods_for_its_share(plan: &Plan<'_>, service: &str) -> i32 {
    let weights = plan.stored().canary.weights.iter();
    let given = weights.flat_map(|weights| [&weights.canary, &weights.stable]);
    let weight = given.filter(|given| given.service_name == service).map(|given| given.weight).max();
    share_up(weight.unwrap_or(0), plan.replicas(), weights::max(plan.strategy))
}

/// The hash that a Service selects, after this pass.
pub(crate) fn selected_hash<'a, S: Strategy>(plan: &'a Plan<'_, S>, service: &str) -> &'a str {
    let switched = plan.switched.iter().find(|(name, _)| name == service);
    switched.map_or_else(
        || plan.observed.services.get(service).map_or("", |service| service.selected_hash()),
        |(_, hash)| hash.as_str(),
    )
}
