//! The working copy of one pass over an Experiment.

use std::sync::Arc;

use crd::{
    AnalysisPhase, Experiment, ExperimentStatus, ExperimentTemplate, Kind, ObjectKey, OwnerReference,
    ReplicaSet, TemplateStatus, Time,
};
use jiff::Timestamp;

use super::{Decision, Observed, Refusal, claim, times};
use crate::decision::{Action, Event, Reason};

/// The working copy of one pass over an Experiment.
pub(super) struct Plan<'a> {
    pub(super) observed: &'a Observed,
    pub(super) experiment: &'a Experiment,
    pub(super) now: Timestamp,
    /// Whether it is to end, as the stored status has it: what fails in this pass ends the rest in the next.
    pub(super) terminating: bool,
    /// Whether its time is over.
    pub(super) passed: bool,
    /// What will be written.
    pub(super) status: ExperimentStatus,
    decision: Decision,
}

impl<'a> Plan<'a> {
    pub(super) fn new(observed: &'a Observed, now: Timestamp) -> Self {
        let experiment = &*observed.experiment;
        Self {
            observed,
            experiment,
            now,
            terminating: is_terminating(experiment),
            passed: times::has_passed(experiment, now),
            status: experiment.status.clone(),
            decision: Decision::default(),
        }
    }

    /// The status as it was stored when the pass began.
    pub(super) fn stored(&self) -> &'a ExperimentStatus {
        &self.experiment.status
    }

    /// The moment as it is written into objects: on a whole second.
    pub(super) fn time(&self) -> Time {
        self.now.into()
    }

    pub(super) fn key(&self, kind: Kind, name: &str) -> ObjectKey {
        ObjectKey::new(kind, self.experiment.metadata.namespace.as_str(), name)
    }

    /// Why the API server refused what this pass would do to the object.
    pub(super) fn refused(&self, key: &ObjectKey) -> Option<&'a Refusal> {
        self.observed.refused.get(key)
    }

    /// The ReplicaSet of a template.
    pub(super) fn set_of(&self, template: &str) -> Option<&'a Arc<ReplicaSet>> {
        let ours = |set: &&Arc<ReplicaSet>| claim::belongs(self.experiment, template, &set.metadata);
        self.observed.replica_sets.iter().find(ours)
    }

    /// How many pods a template should have.
    pub(super) fn desired(&self, template: &ExperimentTemplate) -> i32 {
        let stored = self.stored().template_statuses.iter().find(|status| status.name == template.name);
        let over = stored.and_then(|status| status.code).is_some_and(crd::TemplateCode::completed);
        if self.terminating || over { 0 } else { template.replicas.unwrap_or(1) }
    }

    /// Takes over what was found of a template.
    pub(super) fn put_template(&mut self, status: TemplateStatus) {
        let statuses = &mut self.status.template_statuses;
        match statuses.iter_mut().find(|known| known.name == status.name) {
            Some(known) => *known = status,
            None => statuses.push(status),
        }
    }

    pub(super) fn act(&mut self, action: Action) {
        self.decision.actions.push(action);
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.decision.events.push(event);
    }

    /// Told on the Rollout that controls the Experiment, if one does.
    pub(super) fn tell_owner(&mut self, event: Event) {
        let owner = self.experiment.metadata.controller();
        if owner.is_some_and(|owner| owner.kind == Kind::ROLLOUT.kind) {
            self.decision.owner_events.push(event);
        }
    }

    pub(super) fn because(&mut self, rule: &'static str, detail: impl Into<String>) {
        self.decision.because.push(Reason::new(rule, detail));
    }

    /// Looks again at `moment`, or earlier when somebody else asked for it.
    pub(super) fn requeue_at(&mut self, moment: Timestamp) {
        let delay = moment.duration_since(self.now).try_into().unwrap_or_default();
        let delay = self.decision.requeue_after.map_or(delay, |other| other.min(delay));
        self.decision.requeue_after = Some(delay);
    }

    /// The owner reference of everything that the Experiment creates.
    pub(super) fn controlled(&self) -> OwnerReference {
        OwnerReference {
            api_version: Kind::EXPERIMENT.api_version().into_owned(),
            kind: Kind::EXPERIMENT.kind.into_owned(),
            name: self.experiment.metadata.name.clone(),
            uid: self.experiment.metadata.uid.clone(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }
    }

    pub(super) fn end(self) -> Decision {
        let changed = self.status != *self.stored();
        Decision { status: changed.then_some(self.status), ..self.decision }
    }
}

/// Whether the Experiment is to end: somebody asks for it, it is over, a part of it failed, or all that is required has
/// succeeded (spec experiment-01 5).
fn is_terminating(experiment: &Experiment) -> bool {
    let status = &experiment.status;
    let bad = |phase: Option<AnalysisPhase>| {
        phase.is_some_and(|phase| phase.completed() && phase != AnalysisPhase::Successful)
    };
    let failed = |template: &TemplateStatus| {
        matches!(template.code, Some(crd::TemplateCode::Failed | crd::TemplateCode::Error))
    };
    experiment.spec.terminate
        || status.phase.is_some_and(AnalysisPhase::completed)
        || status.template_statuses.iter().any(failed)
        || status.analysis_runs.iter().any(|run| bad(run.phase))
        || required_are_successful(experiment, status)
}

/// Whether there are required analyses, and all of them have succeeded.
pub(super) fn required_are_successful(experiment: &Experiment, status: &ExperimentStatus) -> bool {
    let mut required = experiment.spec.analyses.iter().filter(|analysis| analysis.required_for_completion);
    let successful = |name: &str| {
        let known = status.analysis_runs.iter().find(|run| run.name == name);
        known.and_then(|run| run.phase) == Some(AnalysisPhase::Successful)
    };
    let any = experiment.spec.analyses.iter().any(|analysis| analysis.required_for_completion);
    any && required.all(|analysis| successful(&analysis.name))
}
