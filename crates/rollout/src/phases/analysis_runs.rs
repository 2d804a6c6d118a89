//! The AnalysisRuns of a Rollout: created, evaluated, cancelled, retired (spec rollout-canary 8, analysis-01 9, 10).
//!
//! What a run measures and how it is judged is decided in `analysis`; here only its phase counts.

mod args;
mod create;
mod evaluate;
mod retire;

use std::ops::ControlFlow;

use crd::{AnalysisRun, AnalysisRunRef, Kind, RolloutAnalysis, names};
use serde_json::json;

use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;
use crate::{pauses, rollback};

pub(super) use args::build as build_arguments;
pub(crate) use create::is_reusable;
pub(super) use evaluate::{keep, set, tell_phases};
pub(super) use retire::others as retire;

/// What a run belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// An `analysis` step, by index.
    Step(i32),
    /// The analysis beside the steps.
    Background,
    /// Before users are switched to the new version.
    PrePromotion,
    /// After it.
    PostPromotion,
}

impl Role {
    /// The value of the `rollout-type` label, and the first word of events.
    fn name(self) -> &'static str {
        match self {
            Self::Step(_) => "Step",
            Self::Background => "Background",
            Self::PrePromotion => "PrePromotion",
            Self::PostPromotion => "PostPromotion",
        }
    }
}

/// Keeps the runs that are due, and ends all others. An undecided run ends the pass.
pub(crate) fn reconcile(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let canary = &plan.stored().canary;
    let step = find(plan, canary.current_step_analysis_run_status.as_ref());
    let background = find(plan, canary.current_background_analysis_run_status.as_ref());
    let mut kept: Vec<String> = Vec::new();
    if !nothing_is_measured(plan) {
        let step = keep_step(plan, step);
        let background = keep_background(plan, background);
        evaluate::tell_phases(plan);
        kept.extend([step, background].into_iter().flatten());
    }
    retire::others(plan, &kept);
    if plan.pauses.adds() { ControlFlow::Break(Stop::Judge) } else { ControlFlow::Continue(()) }
}

/// Whether there is no update that a measurement could judge.
pub(super) fn nothing_is_measured<S: Strategy>(plan: &Plan<'_, S>) -> bool {
    let stored = plan.stored();
    plan.rollout.fully_promoted()
        || plan.aborted()
        || stored.promote_full
        || rollback::is_fast(plan)
        || stored.stable_rs.is_empty()
}

pub(super) fn find<'a, S: Strategy>(
    plan: &Plan<'a, S>,
    named: Option<&AnalysisRunRef>,
) -> Option<&'a AnalysisRun> {
    let name = &named?.name;
    let observed = plan.observed;
    observed.analysis_runs.iter().map(AsRef::as_ref).find(|run| run.metadata.name == *name)
}

/// The run of the current step; its name when it stays.
fn keep_step(plan: &mut Plan<'_>, current: Option<&AnalysisRun>) -> Option<String> {
    let (index, step) = plan.current_step()?;
    if !plan.stored().pause_conditions.is_empty() {
        return current.map(|run| evaluate::keep(plan, Role::Step(index), run));
    }
    let analysis = step.analysis.as_ref().filter(|analysis| !analysis.templates.is_empty())?;
    let of_this_step = |run: &AnalysisRun| run.metadata.label(names::STEP_INDEX) == index.to_string();
    if current.is_some_and(|run| !of_this_step(run)) {
        return None;
    }
    create_or_judge(plan, Role::Step(index), analysis, current)
}

/// The run beside the steps; its name when it stays.
fn keep_background(plan: &mut Plan<'_>, current: Option<&AnalysisRun>) -> Option<String> {
    let background = plan.strategy.analysis.as_ref()?;
    let index = plan.stored().current_step_index.unwrap_or(0);
    let begins = background.starting_step.unwrap_or(0);
    // While the status knows no hash it knows of no update that could be judged (spec analysis-01 10).
    if plan.stored().current_pod_hash.is_empty() {
        return None;
    }
    if background.analysis.templates.is_empty() || (plan.last_index().is_some() && index < begins) {
        return None;
    }
    if pauses::pause(plan.stored(), pauses::INCONCLUSIVE_ANALYSIS).is_some() {
        return current.map(|run| evaluate::keep(plan, Role::Background, run));
    }
    create_or_judge(plan, Role::Background, &background.analysis, current)
}

pub(super) fn create_or_judge<S: Strategy>(
    plan: &mut Plan<'_, S>,
    role: Role,
    analysis: &RolloutAnalysis,
    current: Option<&AnalysisRun>,
) -> Option<String> {
    match current.filter(|run| !needs_another(plan, run)) {
        Some(run) => {
            evaluate::judge(plan, role, run);
            Some(evaluate::keep(plan, role, run))
        }
        None => create::run(plan, role, analysis),
    }
}

/// Whether a run is worth nothing any more: a person went on after it could not tell, or the attempt was aborted.
fn needs_another<S: Strategy>(plan: &Plan<'_, S>, run: &AnalysisRun) -> bool {
    let stored = plan.stored();
    if stored.controller_pause
        && ![pauses::PAUSE_STEP, pauses::BLUE_GREEN]
            .iter()
            .any(|reason| pauses::pause(stored, reason).is_some())
    {
        return run.status.phase == Some(crd::AnalysisPhase::Inconclusive);
    }
    stored.aborted_at.is_some()
}

/// Asks a run to end early.
fn cancel<S: Strategy>(plan: &mut Plan<'_, S>, run: &AnalysisRun) {
    let over = run.status.phase.is_some_and(crd::AnalysisPhase::completed);
    if !over && !run.spec.terminate {
        let key = plan.key(Kind::ANALYSIS_RUN, &run.metadata.name);
        plan.merge(key, json!({"spec": {"terminate": true}}));
    }
}
