//! The size of a template's ReplicaSet (spec experiment-01, Scaling).

use crd::{ExperimentTemplate, Kind, ReplicaSet, TemplateCode, TemplateStatus, Time, names};
use serde_json::json;

use super::plan::Plan;
use super::{Refusal, times};
use crate::decision::{Action, PatchBody};
use crate::events;

/// Seconds that pods stay after the end when the spec does not say.
const DEFAULT_DELAY: i32 = 30;

/// Brings the ReplicaSet to its size. Pods that are not wanted any more stay until their deadline.
pub(super) fn reconcile(
    plan: &mut Plan<'_>,
    template: &ExperimentTemplate,
    set: &ReplicaSet,
    desired: i32,
    status: &mut TemplateStatus,
) {
    let size = set.replicas();
    if size == desired {
        return;
    }
    let mut annotations = Vec::new();
    if desired == 0 {
        let delay = plan.experiment.spec.scale_down_delay_seconds.unwrap_or(DEFAULT_DELAY);
        let written = set.metadata.annotation(names::SCALE_DOWN_DEADLINE);
        if delay == 0 {
            annotations.extend(written.map(|_| (names::SCALE_DOWN_DEADLINE.to_owned(), None)));
        } else if is_held(plan, set, written, delay) {
            return;
        }
    }
    resize(plan, template, set, desired, annotations, status);
}

/// Whether the pods may stay for now; gives them a deadline first.
fn is_held(plan: &mut Plan<'_>, set: &ReplicaSet, written: Option<&str>, delay: i32) -> bool {
    let deadline = match written {
        // One that cannot be read has passed.
        Some(text) => text.parse::<jiff::Timestamp>().unwrap_or(jiff::Timestamp::MIN),
        None => {
            let deadline = times::after(plan.time().timestamp(), delay);
            let key = plan.key(Kind::REPLICA_SET, &set.metadata.name);
            let annotation = json!({names::SCALE_DOWN_DEADLINE: Time::from(deadline)});
            let patch = PatchBody::Merge(json!({"metadata": {"annotations": annotation}}));
            plan.act(Action::Patch { key, patch });
            deadline
        }
    };
    let held = deadline > plan.now;
    if held {
        plan.requeue_at(deadline);
        plan.because("experiment.drain", format!("ReplicaSet {} keeps its pods for now", set.metadata.name));
    }
    held
}

fn resize(
    plan: &mut Plan<'_>,
    template: &ExperimentTemplate,
    set: &ReplicaSet,
    desired: i32,
    annotations: Vec<(String, Option<String>)>,
    status: &mut TemplateStatus,
) {
    let (name, size) = (&set.metadata.name, set.replicas());
    let direction = if desired > size { "up" } else { "down" };
    let key = plan.key(Kind::REPLICA_SET, name);
    if let Some(refusal) = plan.refused(&key) {
        let why = match refusal {
            Refusal::Exists => "it exists already",
            Refusal::Because(why) => why,
        };
        let text = format!("Failed to scale {name} {direction}: {why}");
        plan.tell(events::warning(events::REPLICA_SET_UPDATE_ERROR, text));
        status.code = Some(TemplateCode::Error);
        status.message = format!(
            "Unable to scale ReplicaSet for template '{}' to desired replica count '{desired}': {why}",
            template.name
        );
        return;
    }
    plan.act(Action::Scale { key, replicas: desired, annotations });
    let text = format!("Scaled {direction} ReplicaSet {name} from {size} to {desired}");
    plan.tell(events::normal(events::SCALING_REPLICA_SET, text));
    status.last_transition_time = Some(plan.time());
}
