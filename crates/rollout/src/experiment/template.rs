//! One template: its ReplicaSet, its Service, and where it stands (spec experiment-01 5).

use crd::{ExperimentTemplate, ReplicaSet, TemplateCode, TemplateStatus};

use super::plan::Plan;
use super::validation::DEFAULT_DEADLINE;
use super::{replica_set, scale, service, times};
use crate::events;

/// Brings a template to where it should be, and records where it stands.
pub(super) fn reconcile(plan: &mut Plan<'_>, template: &ExperimentTemplate) {
    let stored = plan.stored().template_statuses.iter().find(|status| status.name == template.name);
    let mut status = stored.cloned().unwrap_or_default();
    status.name.clone_from(&template.name);
    let desired = plan.desired(template);
    match plan.set_of(&template.name) {
        Some(set) => {
            service::reconcile(plan, template, set, desired, &mut status);
            scale::reconcile(plan, template, set, desired, &mut status);
            count(plan, set, &mut status);
        }
        None if desired > 0 => replica_set::create(plan, template, &mut status),
        None => {}
    }
    judge(plan, desired, &mut status);
    tell(plan, stored.and_then(|stored| stored.code), &status);
    plan.put_template(status);
}

/// Takes over what the ReplicaSet says of its pods. A change is progress.
fn count(plan: &Plan<'_>, set: &ReplicaSet, status: &mut TemplateStatus) {
    let found = &set.status;
    let counts = [found.replicas, found.replicas, found.ready_replicas, found.available_replicas];
    let known = [
        &mut status.replicas,
        &mut status.updated_replicas,
        &mut status.ready_replicas,
        &mut status.available_replicas,
    ];
    let mut changed = false;
    for (known, count) in known.into_iter().zip(counts) {
        changed |= *known != count;
        *known = count;
    }
    if changed {
        status.last_transition_time = Some(plan.time());
    }
}

fn judge(plan: &mut Plan<'_>, desired: i32, status: &mut TemplateStatus) {
    if status.code.is_some_and(TemplateCode::completed) {
        return;
    }
    let seconds = plan.experiment.spec.progress_deadline_seconds.unwrap_or(DEFAULT_DEADLINE);
    let deadline = status.last_transition_time.map(|since| times::after(since.timestamp(), seconds));
    let code = if status.available_replicas == desired {
        if plan.passed || plan.terminating { TemplateCode::Successful } else { TemplateCode::Running }
    } else if deadline.is_some_and(|deadline| plan.now > deadline) {
        status.message =
            format!("Template '{}' exceeded its progressDeadlineSeconds ({seconds})", status.name);
        TemplateCode::Failed
    } else if plan.terminating {
        TemplateCode::Successful
    } else {
        if let Some(deadline) = deadline {
            plan.requeue_at(times::after(deadline, 1));
        }
        let name = &status.name;
        plan.because(
            "experiment.pods",
            format!("template {name} has {} of {desired} pods", status.available_replicas),
        );
        TemplateCode::Progressing
    };
    if matches!(code, TemplateCode::Running | TemplateCode::Successful) {
        status.message = String::new();
    }
    status.code = Some(code);
}

fn tell(plan: &mut Plan<'_>, before: Option<TemplateCode>, status: &TemplateStatus) {
    let Some(code) = status.code.filter(|code| before != Some(*code)) else { return };
    let old = before.map_or("", TemplateCode::as_str);
    let mut text = format!("Template '{}' transitioned from {old} -> {}", status.name, code.as_str());
    if !status.message.is_empty() {
        text = format!("{text}: {}", status.message);
    }
    let bad = matches!(code, TemplateCode::Failed | TemplateCode::Error);
    let event = if bad { events::warning } else { events::normal };
    plan.tell(event(events::template(code), text));
}
