//! Phase and message (spec rollout-status-events 3).

use crd::{Rollout, RolloutPhase, RolloutStatus};

use super::conditions;

/// Sums a status up in one word and one sentence: the first rule that holds.
pub(crate) fn of(rollout: &Rollout, status: &RolloutStatus) -> (RolloutPhase, String) {
    use RolloutPhase::{Degraded, Healthy, Paused, Progressing};
    for condition in &status.conditions {
        let degraded = condition.kind == conditions::INVALID_SPEC
            || [conditions::ABORTED, conditions::TIMED_OUT].contains(&condition.reason.as_str());
        if degraded {
            let label = if condition.kind == conditions::INVALID_SPEC {
                conditions::INVALID_SPEC
            } else {
                condition.reason.as_str()
            };
            return (Degraded, format!("{label}: {}", condition.message));
        }
    }
    if rollout.spec.paused {
        return (Paused, "manually paused".to_owned());
    }
    if let Some(pause) = status.pause_conditions.first() {
        return (Paused, pause.reason.clone());
    }
    match waiting_for(rollout, status) {
        Some(what) => (Progressing, what.to_owned()),
        None => (Healthy, String::new()),
    }
}

fn waiting_for(rollout: &Rollout, status: &RolloutStatus) -> Option<&'static str> {
    let routed = rollout.canary().is_some_and(|canary| canary.traffic_routing.is_some());
    if rollout.spec.restart_at.is_some() && rollout.spec.restart_at != status.restarted_at {
        Some("rollout is restarting")
    } else if status.updated_replicas < rollout.replicas() {
        Some("more replicas need to be updated")
    } else if status.available_replicas < status.updated_replicas {
        Some("updated replicas are still becoming available")
    } else if !routed && status.replicas > status.updated_replicas {
        Some("old replicas are pending termination")
    } else if !conditions::is_completed(status) {
        Some("waiting for all steps to complete")
    } else {
        None
    }
}
