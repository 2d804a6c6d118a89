//! One analysis of an Experiment (spec experiment-01 6).

use crd::{
    AnalysisPhase, AnalysisRun, AnalysisRunSpec, AnalysisTemplateRef, ExperimentAnalysis,
    ExperimentAnalysisStatus, Kind, ObjectMeta, RolloutAnalysis, names,
};
use serde_json::json;

use super::plan::Plan;
use super::{Refusal, parameters};
use crate::analysis::inherited;
use crate::decision::{Action, PatchBody};
use crate::phases::{is_reusable, with_type};
use crate::{events, templates};

/// Creates the run once the templates are available, follows it, and ends it with the Experiment.
pub(super) fn reconcile(plan: &mut Plan<'_>, analysis: &ExperimentAnalysis) {
    let stored = plan.stored().analysis_runs.iter().find(|run| run.name == analysis.name);
    let mut status = stored.cloned().unwrap_or_default();
    status.name.clone_from(&analysis.name);
    step(plan, analysis, &mut status);
    tell(plan, stored.and_then(|stored| stored.phase), &status);
    let runs = &mut plan.status.analysis_runs;
    match runs.iter_mut().find(|run| run.name == status.name) {
        Some(known) => *known = status,
        None => runs.push(status),
    }
}

fn step(plan: &mut Plan<'_>, analysis: &ExperimentAnalysis, status: &mut ExperimentAnalysisStatus) {
    let name = &analysis.name;
    if status.phase.is_some_and(AnalysisPhase::completed) {
    } else if plan.stored().available_at.is_none() {
        if let Err(missing) = verify(plan, analysis) {
            fail(status, format!("AnalysisTemplate verification failed for analysis '{name}': {missing}"));
        }
    } else if !status.analysis_run.is_empty() {
        follow(plan, status);
    } else if !plan.terminating {
        match create(plan, analysis) {
            Ok(run) => {
                status.analysis_run = run;
                status.phase = Some(AnalysisPhase::Pending);
                status.message = String::new();
            }
            Err(why) => fail(status, format!("Failed to create AnalysisRun for analysis '{name}': {why}")),
        }
    }
}

fn fail(status: &mut ExperimentAnalysisStatus, message: String) {
    status.phase = Some(AnalysisPhase::Error);
    status.message = message;
}

fn reference(analysis: &ExperimentAnalysis) -> AnalysisTemplateRef {
    AnalysisTemplateRef {
        template_name: analysis.template_name.clone(),
        cluster_scope: analysis.cluster_scope,
    }
}

fn verify(plan: &Plan<'_>, analysis: &ExperimentAnalysis) -> Result<(), String> {
    if plan.observed.templates.get(&reference(analysis)).is_some() {
        return Ok(());
    }
    Err(templates::not_found(&reference(analysis)))
}

/// Creates the run, or takes over an equal one; its name.
fn create(plan: &mut Plan<'_>, analysis: &ExperimentAnalysis) -> Result<String, String> {
    verify(plan, analysis)?;
    let spec = wanted(plan, analysis)?;
    let observed = plan.observed;
    let base = format!("{}-{}", plan.experiment.metadata.name, analysis.name);
    let mut name = base.clone();
    for suffix in 1_u64.. {
        let key = plan.key(Kind::ANALYSIS_RUN, &name);
        let taken = observed.analysis_runs.iter().find(|run| run.metadata.name == name);
        match (taken, plan.refused(&key)) {
            (Some(run), _) if is_reusable(run, &spec) => break,
            (None, Some(Refusal::Because(why))) => return Err(why.clone()),
            (None, None) => {
                let run = AnalysisRun { metadata: metadata(plan, &name), spec, ..AnalysisRun::default() };
                plan.act(Action::Create { key, object: with_type(&Kind::ANALYSIS_RUN, &run) });
                break;
            }
            (Some(_), _) | (None, Some(Refusal::Exists)) => name = format!("{base}.{suffix}"),
        }
    }
    Ok(name)
}

fn wanted(plan: &Plan<'_>, analysis: &ExperimentAnalysis) -> Result<AnalysisRunSpec, String> {
    let spec = &plan.experiment.spec;
    let asked = RolloutAnalysis {
        templates: vec![reference(analysis)],
        dry_run: spec.dry_run.clone(),
        measurement_retention: spec.measurement_retention.clone(),
        ..RolloutAnalysis::default()
    };
    templates::run_spec(&plan.observed.templates, &asked, &parameters::build(plan, analysis)?)
}

fn metadata(plan: &Plan<'_>, name: &str) -> ObjectMeta {
    let experiment = plan.experiment;
    let mut metadata = ObjectMeta {
        name: name.to_owned(),
        namespace: experiment.metadata.namespace.clone(),
        owner_references: vec![plan.controlled()],
        ..ObjectMeta::default()
    };
    let instance = experiment.metadata.labels.get(names::INSTANCE_ID);
    metadata.labels.extend(instance.map(|id| (names::INSTANCE_ID.to_owned(), id.clone())));
    metadata.annotations.extend(inherited(&experiment.metadata));
    if let Some(extra) = &experiment.spec.analysis_run_metadata {
        metadata.labels.extend(extra.labels.clone());
        metadata.annotations.extend(extra.annotations.clone());
    }
    metadata
}

/// Takes over where the run stands, or asks it to end.
fn follow(plan: &mut Plan<'_>, status: &mut ExperimentAnalysisStatus) {
    let name = &status.analysis_run;
    let Some(run) = plan.observed.analysis_runs.iter().find(|run| run.metadata.name == *name) else {
        fail(status, format!("analysisrun.argoproj.io \"{name}\" not found"));
        return;
    };
    let over = run.status.phase.is_some_and(AnalysisPhase::completed);
    if !plan.terminating || over {
        status.phase = run.status.phase;
        status.message.clone_from(&run.status.message);
        if !over {
            plan.because("experiment.analysis", format!("AnalysisRun {name} measures"));
        }
        return;
    }
    if run.spec.terminate {
        return;
    }
    let key = plan.key(Kind::ANALYSIS_RUN, name);
    if let Some(Refusal::Because(why)) = plan.refused(&key) {
        fail(status, why.clone());
        return;
    }
    let text = format!("Terminating {} ({name})", status.name);
    plan.act(Action::Patch { key, patch: PatchBody::Merge(json!({"spec": {"terminate": true}})) });
    plan.tell(events::normal(events::ANALYSIS_RUN_TERMINATING, text));
}

fn tell(plan: &mut Plan<'_>, before: Option<AnalysisPhase>, status: &ExperimentAnalysisStatus) {
    let Some(phase) = status.phase.filter(|phase| before != Some(*phase)) else { return };
    let old = before.map_or("", AnalysisPhase::as_str);
    let mut text = format!("AnalysisRun '{}' transitioned from {old} -> {}", status.name, phase.as_str());
    if !status.message.is_empty() {
        text = format!("{text}: {}", status.message);
    }
    let bad = matches!(phase, AnalysisPhase::Failed | AnalysisPhase::Error | AnalysisPhase::Inconclusive);
    let event = if bad { events::warning } else { events::normal };
    let reason = events::analysis_run(phase);
    plan.tell(event(reason, text.clone()));
    plan.tell_owner(events::warning(reason, text));
}
