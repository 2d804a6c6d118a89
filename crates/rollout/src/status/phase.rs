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
    } else if rollout.blue_green().is_some() {
        waits_for_the_switch(rollout, status)
    } else if !routed && status.replicas > status.updated_replicas {
        Some("old replicas are pending termination")
    } else if !conditions::is_completed(status) {
        Some("waiting for all steps to complete")
    } else {
        None
    }
}

fn waits_for_the_switch(rollout: &Rollout, status: &RolloutStatus) -> Option<&'static str> {
    let (active, current) = (&status.blue_green.active_selector, &status.current_pod_hash);
    let analysis = rollout.blue_green().and_then(|strategy| strategy.post_promotion_analysis.as_ref());
    let judged = status.blue_green.post_promotion_analysis_run_status.as_ref();
    let over = judged.and_then(|run| run.status).is_some_and(crd::AnalysisPhase::completed);
    if active.is_empty() || active != current {
        Some("active service cutover pending")
    } else if conditions::is_completed(status) {
        None
    } else if analysis.is_some() && !over {
        Some("waiting for analysis to complete")
    } else {
        Some("waiting for post-promotion verification to complete")
    }
}

#[cfg(test)]
mod vectors {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{self, Rows};

    #[derive(Deserialize)]
    struct Row {
        case: String,
        spec: Value,
        status: Value,
        phase: String,
        message: String,
    }

    #[test]
    fn the_phase_is_that_of_the_first_rule_that_holds() {
        let mut rows = Rows::default();
        let table: Vec<Row> = testing::read(include_str!("../../../../fixtures/rollout/phase.yaml"));
        for row in table {
            let rollout: Rollout =
                serde_json::from_value(json!({"spec": row.spec, "status": row.status})).unwrap();
            let (phase, message) = of(&rollout, &rollout.status);
            rows.row(&row.case, (phase.as_str(), message), (row.phase.as_str(), row.message));
        }
        rows.end();
    }
}
