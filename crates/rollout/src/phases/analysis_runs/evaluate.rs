//! What the phase of a run means for the Rollout.

use crd::{AnalysisPhase, AnalysisRun, AnalysisRunRef, RolloutStatus};

use super::Role;
use crate::analysis::measured;
use crate::decision::Reason;
use crate::plan::Plan;
use crate::strategy::Strategy;
use crate::{events, pauses};

/// Failed runs give the update up, undecided ones ask a person.
pub(super) fn judge<S: Strategy>(plan: &mut Plan<'_, S>, role: Role, run: &AnalysisRun) {
    let what = match role {
        Role::Step(_) => "Step-based",
        Role::Background => "Background",
        Role::PrePromotion => "Blue/green pre-promotion",
        Role::PostPromotion => "Blue/green post-promotion",
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
            let detail = format!("AnalysisRun {} measures: {}", run.metadata.name, measured(run));
            let since = run.status.started_at.or(run.metadata.creation_timestamp);
            plan.give(Reason::new("analysis.wait", detail).since(since));
        }
    }
}

/// Names the run in the status.
pub(crate) fn keep<S: Strategy>(plan: &mut Plan<'_, S>, role: Role, run: &AnalysisRun) -> String {
    let name = run.metadata.name.clone();
    let status = run.status.phase;
    let known = AnalysisRunRef { name: name.clone(), status, message: run.status.message.clone() };
    set(&mut plan.status, role, known);
    name
}

pub(crate) fn set(status: &mut RolloutStatus, role: Role, run: AnalysisRunRef) {
    let (canary, blue_green) = (&mut status.canary, &mut status.blue_green);
    let place = match role {
        Role::Step(_) => &mut canary.current_step_analysis_run_status,
        Role::Background => &mut canary.current_background_analysis_run_status,
        Role::PrePromotion => &mut blue_green.pre_promotion_analysis_run_status,
        Role::PostPromotion => &mut blue_green.post_promotion_analysis_run_status,
    };
    *place = Some(run);
}

/// Tells of phases that changed since the stored status.
pub(crate) fn tell_phases<S: Strategy>(plan: &mut Plan<'_, S>) {
    for (kind, read) in RUNS {
        let (before, after) = (read(plan.stored()), read(&plan.status));
        let Some((AnalysisRunRef { name, .. }, phase)) = after.and_then(|run| Some((run, run.status?)))
        else {
            continue;
        };
        if before.is_some_and(|before| before.name != *name || before.status == Some(phase)) {
            continue;
        }
        let previous =
            before.map_or("NoPreviousStatus", |before| before.status.map_or("", AnalysisPhase::as_str));
        let message =
            format!("{kind} Analysis Run '{name}' Status New: '{}' Previous: '{previous}'", phase.as_str());
        let bad = matches!(phase, AnalysisPhase::Failed | AnalysisPhase::Error);
        let tell = if bad { events::warning } else { events::normal };
        plan.tell(tell(events::analysis_run(phase), message));
    }
}

/// Names of all runs that a status names.
pub(crate) fn named(status: &RolloutStatus) -> Vec<&str> {
    RUNS.iter().filter_map(|(_, read)| read(status)).map(|run| run.name.as_str()).collect()
}

/// Reads the run of one role from a status.
type Read = fn(&RolloutStatus) -> Option<&AnalysisRunRef>;

/// The runs that a status names, in the order in which their phases are told.
const RUNS: [(&str, Read); 4] = [
    ("PostPromotion", |status| status.blue_green.post_promotion_analysis_run_status.as_ref()),
    ("PrePromotion", |status| status.blue_green.pre_promotion_analysis_run_status.as_ref()),
    ("Step", |status| status.canary.current_step_analysis_run_status.as_ref()),
    ("Background", |status| status.canary.current_background_analysis_run_status.as_ref()),
];
