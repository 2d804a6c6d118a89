//! Conditions (spec rollout-status-events 4). Their order tells which changed last; the phase is read in that order.

use crd::{Condition, ReplicaSet, RolloutStatus, Time};

use super::{generation_observed, progress};
use crate::events;
use crate::plan::Plan;
use crate::strategy::Strategy;

pub(crate) const PROGRESSING: &str = "Progressing";
pub(crate) const PAUSED: &str = "Paused";
pub(crate) const INVALID_SPEC: &str = "InvalidSpec";
const HEALTHY: &str = "Healthy";
const AVAILABLE: &str = "Available";
pub(crate) const REPLICA_FAILURE: &str = "ReplicaFailure";
const COMPLETED: &str = "Completed";

pub(crate) const NEW_REPLICA_SET: &str = "NewReplicaSetCreated";
pub(crate) const FOUND_REPLICA_SET: &str = "FoundNewReplicaSet";
pub(crate) const ABORTED: &str = "RolloutAborted";
pub(crate) const TIMED_OUT: &str = "ProgressDeadlineExceeded";
pub(crate) const PAUSED_REASON: &str = "RolloutPaused";
pub(crate) const RESUMED: &str = "RolloutResumed";
pub(crate) const RETRY: &str = "RolloutRetry";
pub(crate) const HEALTHY_PROGRESS: &str = "NewReplicaSetAvailable";
const UPDATED: &str = "ReplicaSetUpdated";
const NOT_AVAILABLE: &str = "ReplicaSetNotAvailable";

pub(crate) fn new(kind: &str, status: &str, reason: &str, message: &str, now: Time) -> Condition {
    Condition {
        kind: kind.to_owned(),
        status: status.to_owned(),
        last_update_time: Some(now),
        last_transition_time: Some(now),
        reason: reason.to_owned(),
        message: message.to_owned(),
    }
}

pub(crate) fn progressing(status: &str, reason: &str, message: &str, now: Time) -> Condition {
    new(PROGRESSING, status, reason, message, now)
}

/// Sets a condition: the same status and reason is no change at all; otherwise it moves to the end of the list, and
/// the transition time stays while the status does. Tells whether anything changed.
pub(crate) fn set(status: &mut RolloutStatus, condition: Condition) -> bool {
    put_into(&mut status.conditions, condition)
}

/// [`set`] for any list of conditions.
pub(crate) fn put_into(conditions: &mut Vec<Condition>, mut condition: Condition) -> bool {
    if let Some(old) = conditions.iter().find(|known| known.kind == condition.kind) {
        if old.status == condition.status && old.reason == condition.reason {
            return false;
        }
        if old.status == condition.status {
            condition.last_transition_time = old.last_transition_time;
        }
    }
    conditions.retain(|known| known.kind != condition.kind);
    conditions.push(condition);
    true
}

pub(crate) fn remove(status: &mut RolloutStatus, kind: &str) {
    status.conditions.retain(|condition| condition.kind != kind);
}

/// Sets a condition without building it first when nothing would change.
fn put<S: Strategy>(plan: &mut Plan<'_, S>, kind: &str, status: &str, reason: &str, message: &str) -> bool {
    let now = plan.time();
    let same = |old: &Condition| old.status == status && old.reason == reason;
    !plan.status.condition(kind).is_some_and(same)
        && set(&mut plan.status, new(kind, status, reason, message, now))
}

/// Brings every condition up to date, in the order that decides the order of the list.
pub(crate) fn settle<S: Strategy>(plan: &mut Plan<'_, S>) {
    let healthy = !is_paused(plan) && is_healthy(plan);
    let became_unhealthy = mark_healthy(plan, healthy);
    if plan.status.abort {
        mark_aborted(plan);
    } else {
        mark_progress(plan, healthy, became_unhealthy);
    }
    if S::is_available(plan) {
        put(plan, AVAILABLE, "True", "AvailableReason", "Rollout has minimum availability");
    } else {
        put(plan, AVAILABLE, "False", "AvailableReason", "Rollout does not have minimum availability");
    }
    mark_replica_failure(plan);
    mark_completed(plan);
}

fn is_paused<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    plan.rollout.spec.paused || !plan.status.pause_conditions.is_empty()
}

fn is_healthy<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    let (status, replicas) = (&plan.status, plan.replicas());
    status.updated_replicas == replicas
        && status.available_replicas == replicas
        && S::is_settled(plan)
        && generation_observed(plan)
}

/// Whether the newest version is the stable one.
pub(crate) fn is_completed(status: &RolloutStatus) -> bool {
    !status.stable_rs.is_empty() && status.stable_rs == status.current_pod_hash
}

fn mark_healthy<S: Strategy>(plan: &mut Plan<'_, S>, healthy: bool) -> bool {
    if healthy {
        put(plan, HEALTHY, "True", "RolloutHealthy", "Rollout is healthy");
        return false;
    }
    plan.status.condition(HEALTHY).is_some()
        && put(plan, HEALTHY, "False", "RolloutHealthy", "Rollout is not healthy")
}

fn mark_aborted<S: Strategy>(plan: &mut Plan<'_, S>) {
    let mut message = format!("Rollout aborted update to revision {}", plan.revision());
    if let Some(why) = plan.pauses.abort.as_deref().filter(|why| !why.is_empty()) {
        message = format!("{message}: {why}");
    }
    if put(plan, PROGRESSING, "False", ABORTED, &message) {
        plan.tell(events::warning(events::ROLLOUT_ABORTED, message));
    }
}

fn mark_progress<S: Strategy>(plan: &mut Plan<'_, S>, healthy: bool, became_unhealthy: bool) {
    let of = |plan: &Plan<'_, S>, rest: &str| match plan.new_set() {
        Some(set) => format!("ReplicaSet \"{}\" {rest}", set.metadata.name),
        None => format!("Rollout \"{}\" {rest}", plan.rollout.metadata.name),
    };
    if became_unhealthy && is_completed(&plan.status) {
        put(plan, PROGRESSING, "True", NOT_AVAILABLE, "Rollout does not have minimum availability");
    } else if became_unhealthy {
        let message = of(plan, "is progressing.");
        put(plan, PROGRESSING, "True", UPDATED, &message);
    }
    if healthy {
        let message = of(plan, "has successfully progressed.");
        put(plan, PROGRESSING, "True", HEALTHY_PROGRESS, &message);
    } else if progress::seen(plan) {
        let mut condition = progressing("True", UPDATED, &of(plan, "is progressing."), plan.time());
        if let Some(old) = plan.status.condition(PROGRESSING).filter(|old| old.status == "True") {
            condition.last_transition_time = old.last_transition_time;
        }
        // Removed first: every sign of progress restarts the deadline, also when nothing else changes.
        remove(&mut plan.status, PROGRESSING);
        plan.status.conditions.push(condition);
    } else if progress::timed_out(plan) {
        let message = progress::timeout_message(plan);
        put(plan, PROGRESSING, "False", TIMED_OUT, &message);
    }
}

fn mark_replica_failure<S: Strategy>(plan: &mut Plan<'_, S>) {
    fn failure(set: &ReplicaSet) -> Option<&Condition> {
        set.status.conditions.iter().find(|condition| condition.kind == REPLICA_FAILURE)
    }
    let all = || plan.sets.all.iter().find_map(|set| failure(set));
    match plan.new_set().and_then(failure).or_else(all).cloned() {
        Some(mut condition) => {
            condition.last_update_time = condition.last_transition_time;
            set(&mut plan.status, condition);
        }
        None => remove(&mut plan.status, REPLICA_FAILURE),
    }
}

fn mark_completed<S: Strategy>(plan: &mut Plan<'_, S>) {
    if is_completed(&plan.status) {
        put(plan, COMPLETED, "True", "RolloutCompleted", "RolloutCompleted");
    } else if put(plan, COMPLETED, "False", "RolloutCompleted", "RolloutCompleted") {
        let (revision, hash) = (plan.revision(), &plan.status.current_pod_hash);
        let message = format!("Rollout not completed, started update to revision {revision} ({hash})");
        plan.tell(events::normal(events::ROLLOUT_NOT_COMPLETED, message));
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
        #[serde(default)]
        replicas: Option<i32>,
        #[serde(default)]
        generation: Option<i64>,
        #[serde(default)]
        status: Value,
        healthy: bool,
    }

    #[test]
    fn a_canary_is_healthy_when_everything_is_as_wanted() {
        let mut rows = Rows::default();
        let table: Vec<Row> = testing::read(include_str!("../../../../fixtures/rollout/healthy.yaml"));
        for row in table {
            let replicas = row.replicas.unwrap_or(5);
            let mut rollout = json!({
                "metadata": {"generation": row.generation.unwrap_or(1)},
                "spec": {"replicas": replicas, "strategy": {"canary": {"steps": [{"setWeight": 10}, {"setWeight": 20}]}}},
                "status": {
                    "observedGeneration": "1", "currentStepIndex": 2, "currentPodHash": "new", "stableRS": "new",
                    "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas,
                },
            });
            if !row.status.is_null() {
                json_patch::merge(&mut rollout["status"], &row.status);
            }
            let observed = testing::observed(&rollout, None, Some((replicas, replicas)));
            rows.row(&row.case, is_healthy(&testing::plan(&observed)), row.healthy);
        }
        rows.end();
    }
}
