//! Experiments: pods of several templates beside each other for a while, and analyses of them (spec experiment-01).
//!
//! One pass of an adapter: it gathers [`Observed`], [`reconcile`] decides, the actions are carried out in order, and
//! [`status_patch`] is what is written last. Where the API server refuses an action for good, the adapter says so in
//! [`Observed::refused`] and asks again: what was refused is an observation, and ends the template or analysis that
//! needed it. What may pass by itself (a conflict, a server that cannot answer now) is simply tried again.
//!
//! ```
//! use aviary_rollout::{Timestamp, experiment};
//!
//! let experiment: crd::Experiment = crd::yaml::from_str(
//!     "
//! metadata: {name: compare, namespace: shop, uid: u1}
//! spec:
//!   templates:
//!   - name: old
//!     selector: {matchLabels: {app: old}}
//!     template: {metadata: {labels: {app: old}}, spec: {containers: [{name: c, image: shop:1}]}}
//! ",
//! )?;
//! let observed = experiment::Observed { experiment: experiment.into(), ..Default::default() };
//! let decision = experiment::reconcile(&observed, Timestamp::UNIX_EPOCH);
//! assert_eq!(decision.actions[0].to_string(), "create ReplicaSet compare-old");
//! assert_eq!(decision.status.unwrap().phase, Some(crd::AnalysisPhase::Pending));
//! # Ok::<(), crd::yaml::Error>(())
//! ```

mod analysis;
mod claim;
mod conditions;
mod parameters;
mod phase;
mod plan;
mod replica_set;
mod scale;
mod service;
mod template;
mod times;
mod validation;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crd::{
    AnalysisRun, AnalysisTemplateRef, Experiment, ExperimentStatus, ObjectKey, ReplicaSet, Service, names,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::decision::{Action, Event, Reason};
use crate::events;
use crate::observed::{Settings, Templates};
use crate::status;
use plan::Plan;

/// Everything that one pass over an Experiment may look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The Experiment.
    pub experiment: Arc<Experiment>,
    /// ReplicaSets that it controls.
    pub replica_sets: Vec<Arc<ReplicaSet>>,
    /// Services that it controls, and those with the names of [`services`], whoever controls them.
    pub services: Vec<Arc<Service>>,
    /// AnalysisRuns that it controls.
    pub analysis_runs: Vec<Arc<AnalysisRun>>,
    /// The templates of [`templates`] that exist, with everything they refer to.
    pub templates: Templates,
    /// What the API server refused for good in the pass before, of what this pass would do again.
    pub refused: BTreeMap<ObjectKey, Refusal>,
    /// Settings of the controller.
    pub settings: Arc<Settings>,
}

/// Why the API server refused an action, and would refuse it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An object with that name exists already.
    Exists,
    /// Anything else, in the server's words.
    Because(String),
}

/// What one pass over an Experiment wants done.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Decision {
    /// Carried out in this order; stop at the first that fails.
    pub actions: Vec<Action>,
    /// Told on the Experiment after the actions.
    pub events: Vec<Event>,
    /// Told on the Rollout that controls the Experiment.
    pub owner_events: Vec<Event>,
    /// Written last, and only if every action held and it differs; `None` leaves what is stored.
    pub status: Option<ExperimentStatus>,
    /// When to look again although nothing was observed to change.
    pub requeue_after: Option<Duration>,
    /// Which rules fired, and what is awaited.
    pub because: Vec<Reason>,
}

/// The analysis templates that an Experiment names.
pub fn templates(experiment: &Experiment) -> Vec<AnalysisTemplateRef> {
    let reference = |analysis: &crd::ExperimentAnalysis| AnalysisTemplateRef {
        template_name: analysis.template_name.clone(),
        cluster_scope: analysis.cluster_scope,
    };
    let mut templates: Vec<_> = experiment.spec.analyses.iter().map(reference).collect();
    templates.sort();
    templates.dedup();
    templates
}

/// The names of the Services that an Experiment's templates want.
pub fn services(experiment: &Experiment) -> Vec<String> {
    let wanted = experiment.spec.templates.iter().filter_map(|template| {
        let service = template.service.as_ref()?;
        Some(service::name(service, &replica_set::name(experiment, template)))
    });
    wanted.collect()
}

/// Decides what to do next. Total: it cannot fail, block, or read a clock (spec experiment-01 5).
pub fn reconcile(observed: &Observed, now: Timestamp) -> Decision {
    let experiment = &observed.experiment;
    if experiment.metadata.deletion_timestamp.is_some() {
        return Decision::default();
    }
    let mut plan = Plan::new(observed, now);
    if let Some(problem) = validation::problem(experiment) {
        conditions::invalid(&mut plan, &problem);
        plan.because("experiment.invalid", problem);
        return plan.end();
    }
    conditions::valid(&mut plan);
    if let Err(ambiguous) = claim::check(&plan) {
        let message = format!("Reconciliation failed with error: {ambiguous}");
        plan.tell(events::warning(events::RECONCILIATION_ERROR, message));
        plan.because("experiment.invalid", ambiguous);
        return plan.end();
    }
    for template in &experiment.spec.templates {
        template::reconcile(&mut plan, template);
    }
    for analysis in &experiment.spec.analyses {
        analysis::reconcile(&mut plan, analysis);
    }
    phase::assess(&mut plan);
    conditions::progress(&mut plan);
    plan.end()
}

/// The merge patch (RFC 7386) that turns an Experiment with status `old` into one with status `new`; `None` when they
/// are the same. It goes to the object itself: Experiments have no status subresource.
pub fn status_patch(old: &ExperimentStatus, new: &ExperimentStatus) -> Option<Value> {
    let value = |status: &ExperimentStatus| serde_json::to_value(status).unwrap_or_default();
    // An Experiment that was never reconciled has no status at all.
    let old = if old.is_unset() { json!({}) } else { value(old) };
    status::difference(&old, &value(new)).map(|status| json!({"status": status}))
}

/// The template of its Experiment that an object belongs to; empty when it belongs to none.
fn template_of(metadata: &crd::ObjectMeta) -> &str {
    metadata.annotation(names::EXPERIMENT_TEMPLATE).unwrap_or_default()
}
