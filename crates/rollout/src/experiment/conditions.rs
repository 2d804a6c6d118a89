//! The conditions of an Experiment (spec experiment-01 3, 7).

use crd::{AnalysisPhase, TemplateStatus};

use super::plan::Plan;
use crate::status::conditions::{INVALID_SPEC, PROGRESSING, new, put_into};

/// The spec is wrong; nothing else is touched.
pub(super) fn invalid(plan: &mut Plan<'_>, problem: &str) {
    let now = plan.time();
    let conditions = &mut plan.status.conditions;
    let told = conditions.iter().any(|known| known.kind == INVALID_SPEC && known.message == problem);
    if !told {
        conditions.retain(|known| known.kind != INVALID_SPEC);
        conditions.push(new(INVALID_SPEC, "True", INVALID_SPEC, problem, now));
    }
}

/// The spec is right (again).
pub(super) fn valid(plan: &mut Plan<'_>) {
    plan.status.conditions.retain(|known| known.kind != INVALID_SPEC);
}

/// What became of it, or that it goes on.
pub(super) fn progress(plan: &mut Plan<'_>) {
    let (now, name) = (plan.time(), &plan.experiment.metadata.name);
    let stored = plan.stored();
    let set = |status, reason, rest: &str| {
        new(PROGRESSING, status, reason, &format!("Experiment \"{name}\" {rest}"), now)
    };
    if plan.status.phase == Some(AnalysisPhase::Successful) {
        let condition = set("False", "ExperimentCompleted", "has successfully ran and completed.");
        put_into(&mut plan.status.conditions, condition);
    } else if moved(&stored.template_statuses, &plan.status.template_statuses) {
        let mut condition = set("True", "ReplicaSetUpdated", "is progressing.");
        let conditions = &mut plan.status.conditions;
        let known = conditions.iter().find(|known| known.kind == PROGRESSING && known.status == "True");
        if let Some(known) = known {
            condition.last_transition_time = known.last_transition_time;
        }
        conditions.retain(|known| known.kind != PROGRESSING);
        conditions.push(condition);
    } else if stored.available_at.is_some() && !plan.passed {
        let condition = set("True", "NewReplicaSetAvailable", "is running.");
        put_into(&mut plan.status.conditions, condition);
    }
}

/// Whether there are more templates than before, or other pods.
fn moved(before: &[TemplateStatus], after: &[TemplateStatus]) -> bool {
    let counts = |status: &TemplateStatus| {
        [status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas]
    };
    let changed = |status: &TemplateStatus| {
        before
            .iter()
            .find(|known| known.name == status.name)
            .is_none_or(|known| counts(known) != counts(status))
    };
    after.len() > before.len() || after.iter().any(changed)
}
