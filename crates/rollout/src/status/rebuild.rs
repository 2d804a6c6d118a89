//! Status is rebuilt, not edited: what is not carried over or found again disappears (spec rollout-fields 3).

use std::ops::ControlFlow;

use crd::{CanaryStatus, LabelSelector, ReplicaSet, RolloutStatus, hash, names};

use super::conditions;
use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;

/// Replaces the working status by what is carried over and what the ReplicaSets say.
pub(crate) fn rebuild<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let carried = std::mem::take(&mut plan.status);
    let rollout = &plan.rollout;
    let sum = |count: fn(&ReplicaSet) -> i32| {
        plan.sets.all.iter().map(|set| count(set)).fold(0, i32::saturating_add)
    };
    let replicas = sum(|set| set.status.replicas);
    let workload = match rollout.spec.workload_ref {
        Some(_) => rollout.metadata.annotation(names::WORKLOAD_GENERATION).unwrap_or_default().to_owned(),
        None => String::new(),
    };
    plan.status = RolloutStatus {
        current_pod_hash: match plan.new_set() {
            Some(set) => set.hash().to_owned(),
            None => hash::pod_template(&rollout.spec.template, carried.collision_count),
        },
        current_step_hash: plan.strategy.step_hash(),
        current_step_index: plan.last_index().and(carried.current_step_index),
        replicas,
        updated_replicas: plan.new_set().map_or(0, |set| set.status.replicas),
        ready_replicas: sum(|set| set.status.ready_replicas),
        available_replicas: plan.sets.available(),
        hpa_replicas: replicas,
        selector: rollout.spec.selector.as_ref().map(selector_text).unwrap_or_default(),
        stable_rs: carried.stable_rs,
        collision_count: carried.collision_count,
        workload_observed_generation: workload,
        conditions: carried.conditions,
        promote_full: carried.promote_full,
        restarted_at: carried.restarted_at,
        alb: carried.alb,
        albs: carried.albs,
        duration: carried.duration,
        canary: CanaryStatus {
            weights: carried.canary.weights,
            stable_ping_pong: carried.canary.stable_ping_pong,
            step_plugin_statuses: carried.canary.step_plugin_statuses,
            ..CanaryStatus::default()
        },
        ..RolloutStatus::default()
    };
    conditions::remove(&mut plan.status, conditions::INVALID_SPEC);
    ControlFlow::Continue(())
}

/// A selector as the scale subresource shows it: `a=b,c in (d,e),f,!g`.
pub(crate) fn selector_text(selector: &LabelSelector) -> String {
    let equal = selector.match_labels.iter().map(|(key, value)| (key.as_str(), format!("{key}={value}")));
    let sets = selector.match_expressions.iter().map(|requirement| {
        let key = &requirement.key;
        let mut values = requirement.values.clone();
        values.sort();
        let values = values.join(",");
        let text = match requirement.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.clone(),
        };
        (key.as_str(), text)
    });
    let mut parts: Vec<(&str, String)> = equal.chain(sets).collect();
    parts.sort_by(|a, b| a.0.cmp(b.0));
    parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
}
