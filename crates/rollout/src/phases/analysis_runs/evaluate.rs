//! What the phase of a run means for the Rollout.

use crd::{AnalysisPhase, AnalysisRun, AnalysisRunRef};

use super::Role;
use crate::plan::Plan;
use crate::{events, pauses};

/// Failed runs give the update up, undecided ones ask a person.
pub(super) fn judge(plan: &mut Plan<'_>, role: Role, run: &AnalysisRun) {
    let what = match role {
        Role::Step(_) => "Step-based",
        Role::Background => "Background",
    };
    match run.status.phase {
        Some(AnalysisPhase::Inconclusive) => plan.pauses.add(pauses::INCONCLUSIVE_ANALYSIS),
        Some(AnalysisPhase::Error | AnalysisPhase::Failed) => {
            let mut why = format!("{what} analysis phase error/failed");
            if !run.status.message.is_empty() {
                why = format!("{why}: {}", run.status.message);
            }
            plan.pauses.abort = Some(why);
        }
        Some(AnalysisPhase::Successful) => {}
        Some(AnalysisPhase::Pending | AnalysisPhase::Running) | None => {
            plan.because("analysis.wait", format!("AnalysisRun {} is measuring", run.metadata.name));
        }
    }
}

/// Names the run in the status.
pub(super) fn keep(plan: &mut Plan<'_>, role: Role, run: &AnalysisRun) -> String {
    let name = run.metadata.name.clone();
    let status = run.status.phase;
    set(plan, role, AnalysisRunRef { name: name.clone(), status, message: run.status.message.clone() });
    name
}

pub(super) fn set(plan: &mut Plan<'_>, role: Role, run: AnalysisRunRef) {
    let canary = &mut plan.status.canary;
    match role {
        Role::Step(_) => canary.current_step_analysis_run_status = Some(run),
        Role::Background => canary.current_background_analysis_run_status = Some(run),
    }
}

/// Tells of phases that changed since the stored status.
pub(super) fn tell_phases(plan: &mut Plan<'_>) {
    let (before, after) = (&plan.stored().canary, plan.status.canary.clone());
    let pairs = [
        ("Step", &before.current_step_analysis_run_status, after.current_step_analysis_run_status),
        (
            "Background",
            &before.current_background_analysis_run_status,
            after.current_background_analysis_run_status,
        ),
    ];
    for (kind, before, after) in pairs {
        let Some((AnalysisRunRef { name, .. }, phase)) =
            after.as_ref().and_then(|run| Some((run, run.status?)))
        else {
            continue;
        };
        if before.as_ref().is_some_and(|before| before.name != *name || before.status == Some(phase)) {
            continue;
        }
        let previous = before
            .as_ref()
            .map_or("NoPreviousStatus", |before| before.status.map_or("", AnalysisPhase::as_str));
        let message =
            format!("{kind} Analysis Run '{name}' Status New: '{}' Previous: '{previous}'", phase.as_str());
        let bad = matches!(phase, AnalysisPhase::Failed | AnalysisPhase::Error);
        let tell = if bad { events::warning } else { events::normal };
        plan.tell(tell(events::analysis_run(phase), message));
    }
}
