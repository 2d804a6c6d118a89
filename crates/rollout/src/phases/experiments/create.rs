//! A new Experiment (spec experiment-02 2).

use crd::{
    Experiment, ExperimentAnalysis, ExperimentService, ExperimentSpec, ExperimentStep,
    ExperimentStepTemplate, ExperimentTemplate, Kind, ObjectMeta, hash, names,
};

use super::super::analysis_runs::build_arguments;
use super::super::claim;
use super::super::revision::with_type;
use super::name_in_status;
use crate::analysis::inherited;
use crate::decision::Action;
use crate::events;
use crate::plan::Plan;

/// Creates the Experiment of a step, or takes over an equal one under the same name; its name.
///
/// A step that cannot be made into one is told as an event and tried again when something changes.
pub(super) fn experiment(plan: &mut Plan<'_>, index: i32, step: &ExperimentStep) -> Option<String> {
    let spec = match wanted(plan, step) {
        Ok(spec) => spec,
        Err(why) => {
            let message = format!("Reconciliation failed with error: {why}");
            plan.tell(events::warning(events::RECONCILIATION_ERROR, message));
            plan.because("experiment.refused", why);
            return None;
        }
    };
    let hash = hash::pod_template(&plan.rollout.spec.template, plan.stored().collision_count);
    let base = format!("{}-{hash}-{}-{index}", plan.rollout.metadata.name, plan.revision());
    let observed = plan.observed;
    let mut name = base.clone();
    let mut key = plan.key(Kind::EXPERIMENT, &name);
    let mut suffix = 0;
    loop {
        match observed.experiments.iter().find(|known| known.metadata.name == name) {
            Some(known) if is_reusable(known, &spec) => return Some(name_in_status(plan, known)),
            None if !observed.taken.contains(&key) => break,
            _ => {}
        }
        suffix += 1;
        name = format!("{base}-{suffix}");
        key = plan.key(Kind::EXPERIMENT, &name);
    }
    let experiment = Experiment { metadata: metadata(plan, &name, hash), spec, ..Experiment::default() };
    plan.act(Action::Create { key, object: with_type(&Kind::EXPERIMENT, &experiment) });
    plan.tell(events::normal(events::EXPERIMENT_CREATED, format!("Created Experiment '{name}'")));
    Some(name_in_status(plan, &experiment))
}

/// Whether an existing Experiment does the same, and is not over.
fn is_reusable(experiment: &Experiment, wanted: &ExperimentSpec) -> bool {
    let same = ExperimentSpec { terminate: wanted.terminate, ..experiment.spec.clone() };
    !experiment.status.phase.is_some_and(crd::AnalysisPhase::completed) && same == *wanted
}

fn metadata(plan: &Plan<'_>, name: &str, hash: String) -> ObjectMeta {
    let rollout = &plan.rollout;
    let mut metadata = ObjectMeta {
        name: name.to_owned(),
        namespace: rollout.metadata.namespace.clone(),
        labels: rollout.metadata.labels.clone(),
        owner_references: vec![claim::controlled_by(rollout)],
        ..ObjectMeta::default()
    };
    metadata.labels.insert(names::POD_TEMPLATE_HASH.to_owned(), hash);
    metadata.annotations.insert(names::REVISION.to_owned(), plan.revision().to_owned());
    metadata.annotations.extend(inherited(&rollout.metadata));
    metadata
}

fn wanted(plan: &Plan<'_>, step: &ExperimentStep) -> Result<ExperimentSpec, String> {
    let analysis = |analysis: &crd::ExperimentStepAnalysis| {
        Ok(ExperimentAnalysis {
            name: analysis.name.clone(),
            template_name: analysis.template_name.clone(),
            cluster_scope: analysis.cluster_scope.unwrap_or(false),
            args: build_arguments(plan, &analysis.args)?,
            required_for_completion: analysis.required_for_completion,
        })
    };
    Ok(ExperimentSpec {
        templates: step
            .templates
            .iter()
            .map(|wanted| template(plan, wanted))
            .collect::<Result<_, String>>()?,
        duration: step.duration.clone(),
        progress_deadline_seconds: plan.rollout.spec.progress_deadline_seconds,
        analyses: step.analyses.iter().map(analysis).collect::<Result<_, String>>()?,
        scale_down_delay_seconds: step.scale_down_delay_seconds,
        dry_run: step.dry_run.clone(),
        analysis_run_metadata: step.analysis_run_metadata.clone(),
        ..ExperimentSpec::default()
    })
}

fn template(plan: &Plan<'_>, wanted: &ExperimentStepTemplate) -> Result<ExperimentTemplate, String> {
    let source = match wanted.spec_ref.as_str() {
        "canary" => plan.new_set().ok_or("there is no ReplicaSet of the current template"),
        "stable" => plan.stable_set().ok_or("there is no stable ReplicaSet"),
        _ => Err("Invalid template step SpecRef: must be canary or stable"),
    }?;
    let mut pods = source.spec.template.clone();
    let mut selector = wanted.selector.clone().unwrap_or_else(|| source.spec.selector.clone());
    if let Some(extra) = &wanted.metadata {
        pods.metadata.labels.extend(extra.labels.clone());
        pods.metadata.annotations.extend(extra.annotations.clone());
        selector.match_labels.extend(extra.labels.clone());
    }
    let service = wanted.service.clone().or_else(|| wanted.weight.map(|_| ExperimentService::default()));
    Ok(ExperimentTemplate {
        name: wanted.name.clone(),
        replicas: wanted.replicas,
        min_ready_seconds: source.spec.min_ready_seconds,
        selector: Some(selector),
        template: pods,
        service,
    })
}
