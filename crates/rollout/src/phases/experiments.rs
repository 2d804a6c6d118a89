//! The Experiments of a Rollout: created by a step, followed, ended, retired (spec experiment-02 3).
//!
//! What an Experiment does is decided in [`experiment`](crate::experiment); here only its phase counts.

mod create;

use std::ops::ControlFlow;

use crd::{AnalysisPhase, Experiment, ExperimentStep, Kind, WeightDestination};
use serde_json::json;

use super::finished;
use crate::decision::{Action, Reason};
use crate::pauses::{self, INCONCLUSIVE_ANALYSIS, INCONCLUSIVE_EXPERIMENT};
use crate::plan::{Plan, Stop};

/// Keeps the Experiment of the current step, and ends all others. An undecided one ends the pass.
pub(crate) fn reconcile(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let current = current(plan);
    let over = plan.aborted() || plan.stored().promote_full;
    let kept = if over { None } else { keep(plan, current) };
    others(plan, kept.as_deref());
    if plan.pauses.is_adding(INCONCLUSIVE_EXPERIMENT) {
        ControlFlow::Break(Stop::Judge)
    } else {
        ControlFlow::Continue(())
    }
}

/// The Experiment that the stored status names.
fn current<'a>(plan: &Plan<'a>) -> Option<&'a Experiment> {
    let name = &plan.stored().canary.current_experiment;
    let observed = plan.observed;
    observed.experiments.iter().map(AsRef::as_ref).find(|experiment| experiment.metadata.name == *name)
}

/// Whether the Experiment of the current step has ended well.
pub(crate) fn is_successful(plan: &Plan<'_>) -> bool {
    current(plan).is_some_and(|experiment| experiment.status.phase == Some(AnalysisPhase::Successful))
}

/// The Experiment that the current step needs; its name.
fn keep(plan: &mut Plan<'_>, current: Option<&Experiment>) -> Option<String> {
    let (index, step) = plan.current_step()?;
    let experiment = step.experiment.as_ref()?;
    let stored = plan.stored();
    let paused = |reason| pauses::pause(stored, reason).is_some();
    if paused(INCONCLUSIVE_ANALYSIS) || paused(INCONCLUSIVE_EXPERIMENT) {
        return current.map(|current| name_in_status(plan, current));
    }
    match current {
        Some(current) => follow(plan, current),
        None if plan.stable_set().is_none() => None,
        None => create::experiment(plan, index, experiment),
    }
}

/// What the phase of the current Experiment means for the Rollout.
fn follow(plan: &mut Plan<'_>, current: &Experiment) -> Option<String> {
    match current.status.phase {
        // It is named until the step is completed, which a person may hold back.
        Some(AnalysisPhase::Successful) => {}
        // After a person lets the Rollout go on, it is repeated: one that could not tell is worth nothing.
        Some(AnalysisPhase::Inconclusive) => {
            plan.pauses.add(INCONCLUSIVE_EXPERIMENT);
            return None;
        }
        Some(AnalysisPhase::Failed | AnalysisPhase::Error) => {
            let mut why = "Experiment analysis phase is error/failed".to_owned();
            if !current.status.message.is_empty() {
                why = format!("{why}: {}", current.status.message);
            }
            plan.pauses.abort = Some(why);
            return None;
        }
        Some(AnalysisPhase::Pending | AnalysisPhase::Running) | None => {
            let phase = current.status.phase.map_or("not begun", AnalysisPhase::as_str);
            let detail = format!("Experiment {} is {phase}", current.metadata.name);
            plan.give(Reason::new("experiment.wait", detail).since(current.metadata.creation_timestamp));
        }
    }
    Some(name_in_status(plan, current))
}

fn name_in_status(plan: &mut Plan<'_>, experiment: &Experiment) -> String {
    plan.status.canary.current_experiment.clone_from(&experiment.metadata.name);
    experiment.metadata.name.clone()
}

/// Ends every Experiment that is not `kept`, and deletes the oldest beyond the limits.
fn others(plan: &mut Plan<'_>, kept: Option<&str>) {
    let observed = plan.observed;
    let all = observed.experiments.iter().map(AsRef::as_ref);
    let others: Vec<&Experiment> =
        all.filter(|experiment| Some(experiment.metadata.name.as_str()) != kept).collect();
    for experiment in &others {
        let over = experiment.status.phase.is_some_and(AnalysisPhase::completed);
        if !over && !experiment.spec.terminate && experiment.metadata.deletion_timestamp.is_none() {
            let key = plan.key(Kind::EXPERIMENT, &experiment.metadata.name);
            plan.merge(key, json!({"spec": {"terminate": true}}));
        }
    }
    let others = others.into_iter().map(|experiment| (&experiment.metadata, experiment.status.phase));
    for meta in finished::surplus(plan, others.collect()) {
        let key = plan.key(Kind::EXPERIMENT, &meta.name);
        plan.act(Action::Delete { key, uid: meta.uid.clone() });
    }
}

/// The shares of the current Experiment's templates, while all of its pods are there (I2): it is Running.
pub(crate) fn weights(plan: &Plan<'_>) -> Vec<WeightDestination> {
    let running = |experiment: &&Experiment| experiment.status.phase == Some(AnalysisPhase::Running);
    let Some((step, current)) = nearest(plan).zip(current(plan).filter(running)) else { return Vec::new() };
    let share = |template: &crd::ExperimentStepTemplate| {
        let weight = template.weight?;
        let found = current.status.template_statuses.iter().find(|status| status.name == template.name)?;
        Some(WeightDestination {
            weight,
            service_name: found.service_name.clone(),
            pod_template_hash: found.pod_template_hash.clone(),
        })
    };
    step.templates.iter().filter_map(share).collect()
}

/// The experiment of the current step, or of the nearest one before it.
fn nearest<'a>(plan: &Plan<'a>) -> Option<&'a ExperimentStep> {
    let (index, _) = plan.current_step()?;
    let count = usize::try_from(index).ok()?.saturating_add(1);
    plan.steps().iter().take(count).rev().find_map(|step| step.experiment.as_ref())
}
