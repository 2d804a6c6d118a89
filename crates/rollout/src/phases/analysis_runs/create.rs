//! A new run.

use crd::{AnalysisRun, AnalysisRunRef, AnalysisRunSpec, Kind, ObjectMeta, RolloutAnalysis, names};

use super::super::claim;
use super::super::revision::with_type;
use super::{Role, args, evaluate};
use crate::analysis::{HandedOver, hand_over, inherited};
use crate::decision::Action;
use crate::plan::Plan;
use crate::strategy::Strategy;
use crate::{events, templates};

/// Creates the run of `role`, or takes over an equal one under the same name; its name.
///
/// A template that cannot be resolved is told as an event and tried again when something changes.
pub(super) fn run<S: Strategy>(
    plan: &mut Plan<'_, S>,
    role: Role,
    analysis: &RolloutAnalysis,
) -> Option<String> {
    let wanted = match wanted(plan, role, analysis) {
        Ok(run) => run,
        Err(why) => {
            let message = format!("Reconciliation failed with error: {why}");
            plan.tell(events::warning(events::RECONCILIATION_ERROR, message));
            plan.because("analysis.invalid", why);
            return None;
        }
    };
    let observed = plan.observed;
    let base = wanted.metadata.name.clone();
    let mut name = base.clone();
    let mut key = plan.key(Kind::ANALYSIS_RUN, &name);
    let mut suffix = 0;
    loop {
        match observed.analysis_runs.iter().find(|run| run.metadata.name == name) {
            Some(run) if is_reusable(run, &wanted.spec) => return Some(evaluate::keep(plan, role, run)),
            None if !observed.taken.contains(&key) => break,
            _ => {}
        }
        suffix += 1;
        name = format!("{base}.{suffix}");
        key = plan.key(Kind::ANALYSIS_RUN, &name);
    }
    let mut run = wanted;
    run.metadata.name.clone_from(&name);
    let current = evaluate::named(plan.stored());
    match hand_over(observed.analysis_runs.iter().map(AsRef::as_ref), &run, &current) {
        Some(Ok(HandedOver { from, annotation })) => {
            plan.because("analysis.evidence", format!("{name} goes on with what {from} knew"));
            run.metadata.annotations.extend([annotation]);
        }
        Some(Err(why)) => plan.because("analysis.evidence", why),
        None => {}
    }
    plan.act(Action::Create { key, object: with_type(&Kind::ANALYSIS_RUN, &run) });
    evaluate::set(
        &mut plan.status,
        role,
        AnalysisRunRef { name: name.clone(), status: None, message: String::new() },
    );
    Some(name)
}

/// Whether an existing run measures the same, and is not over.
pub(crate) fn is_reusable(run: &AnalysisRun, wanted: &AnalysisRunSpec) -> bool {
    let spec = &run.spec;
    !run.status.phase.is_some_and(crd::AnalysisPhase::completed)
        && spec.metrics == wanted.metrics
        && spec.args == wanted.args
        && spec.dry_run == wanted.dry_run
        && spec.measurement_retention == wanted.measurement_retention
}

fn wanted<S: Strategy>(
    plan: &Plan<'_, S>,
    role: Role,
    analysis: &RolloutAnalysis,
) -> Result<AnalysisRun, String> {
    let new = plan.new_set().ok_or("there is no ReplicaSet of the current template")?;
    let (hash, revision) = (new.hash(), plan.revision());
    if hash.is_empty() {
        let name = &new.metadata.name;
        return Err(format!("Latest ReplicaSet '{name}' has no pod hash in the labels"));
    }
    let args = args::build(plan, &analysis.args)?;
    let spec = templates::run_spec(&plan.observed.templates, analysis, &args)?;
    let rollout = &plan.rollout;
    let mut name = format!("{}-{hash}-{revision}", rollout.metadata.name);
    let mut metadata = ObjectMeta {
        namespace: rollout.metadata.namespace.clone(),
        owner_references: vec![claim::controlled_by(rollout)],
        ..ObjectMeta::default()
    };
    let labels = &mut metadata.labels;
    labels.insert(names::POD_TEMPLATE_HASH.to_owned(), hash.to_owned());
    labels.insert(names::ROLLOUT_TYPE.to_owned(), role.name().to_owned());
    match role {
        Role::Step(index) => {
            labels.insert(names::STEP_INDEX.to_owned(), index.to_string());
            name = format!("{name}-{index}");
        }
        Role::Background => {}
        Role::PrePromotion => name.push_str("-pre"),
        Role::PostPromotion => name.push_str("-post"),
    }
    let instance = rollout.metadata.labels.get(names::INSTANCE_ID);
    labels.extend(instance.map(|id| (names::INSTANCE_ID.to_owned(), id.clone())));
    metadata.annotations.insert(names::REVISION.to_owned(), revision.to_owned());
    metadata.annotations.extend(inherited(&rollout.metadata));
    if let Some(extra) = &analysis.analysis_run_metadata {
        metadata.labels.extend(extra.labels.clone());
        metadata.annotations.extend(extra.annotations.clone());
    }
    if let Some(selector) = &rollout.spec.selector {
        metadata.labels.extend(selector.match_labels.clone());
    }
    metadata.name = name;
    Ok(AnalysisRun { metadata, spec, ..AnalysisRun::default() })
}
