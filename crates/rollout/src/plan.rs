//! The working copy of one pass.
//!
//! Phases talk to each other only through a [`Plan`]. An action pushed here also changes what later phases see:
//! after [`Plan::scale`] the ReplicaSet has its new size, after [`Plan::annotate_rollout`] the Rollout its new
//! annotation. What the API server reports (`status` of a ReplicaSet) stays as it was observed.

use std::sync::Arc;
use std::time::Duration;

use crd::{Canary, CanaryStep, Kind, ObjectKey, ReplicaSet, Rollout, RolloutStatus, Time, names};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::decision::{Action, Decision, Event, PatchBody, Question, Reason};
use crate::events;
use crate::observed::Observed;
use crate::pauses::Pauses;
use crate::sets::Sets;
use crate::strategy::Strategy;

/// Why a pass ends before its last phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Steps and promotion are looked at, then status is written.
    Judge,
    /// Status is written as the plan has it, with its conditions brought up to date.
    Write,
    /// Status is written exactly as the plan has it.
    WriteAsIs,
    /// Nothing more is written.
    Silent,
}

/// How far the split of this pass can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Split {
    /// It is what traffic does, or nobody can tell.
    #[default]
    Trusted,
    /// It was written, or could not be; nobody has seen it yet.
    Unverified,
    /// The same, and everything should go to the new version: the end of an update.
    UnverifiedAtTheEnd,
}

/// The working copy of one pass under the strategy `S`.
pub(crate) struct Plan<'a, S = Canary> {
    pub(crate) observed: &'a Observed,
    /// The strategy; a spec without one never gets this far.
    pub(crate) strategy: &'a S,
    pub(crate) now: Timestamp,
    /// The Rollout with its template resolved.
    pub(crate) rollout: Arc<Rollout>,
    pub(crate) sets: Sets,
    /// What will be written.
    pub(crate) status: RolloutStatus,
    pub(crate) pauses: Pauses,
    /// Whether the template or the steps changed in this pass.
    pub(crate) reset: bool,
    /// Whether the conditions of a promotion hold in this pass.
    pub(crate) promoted: bool,
    /// Switched selectors: Service and hash.
    pub(crate) switched: Vec<(String, String)>,
    /// How far the split of this pass can be trusted.
    pub(crate) split: Split,
    pub(crate) decision: Decision,
}

impl<'a, S: Strategy> Plan<'a, S> {
    pub(crate) fn new(
        observed: &'a Observed,
        rollout: Arc<Rollout>,
        strategy: &'a S,
        now: Timestamp,
    ) -> Self {
        Self {
            observed,
            strategy,
            now,
            sets: Sets::default(),
            status: rollout.status.clone(),
            rollout,
            pauses: Pauses::default(),
            reset: false,
            promoted: false,
            switched: Vec::new(),
            split: Split::default(),
            decision: Decision::default(),
        }
    }

    /// The status as it was stored when the pass began. Most rules read it, not what this pass just found.
    pub(crate) fn stored(&self) -> &'a RolloutStatus {
        &self.observed.rollout.status
    }

    pub(crate) fn steps(&self) -> &'a [CanaryStep] {
        self.strategy.steps()
    }

    /// The stored step, unless all are done.
    pub(crate) fn current_step(&self) -> Option<(i32, &'a CanaryStep)> {
        let index = self.stored().current_step_index.unwrap_or(0).max(0);
        Some((index, self.steps().get(usize::try_from(index).ok()?)?))
    }

    /// The index that means "all steps done"; `None` without steps.
    pub(crate) fn last_index(&self) -> Option<i32> {
        (!self.steps().is_empty()).then_some(self.steps().len() as i32)
    }

    pub(crate) fn replicas(&self) -> i32 {
        self.rollout.replicas()
    }

    /// The moment as it is written into objects: on a whole second.
    pub(crate) fn time(&self) -> Time {
        self.now.into()
    }

    pub(crate) fn new_set(&self) -> Option<&ReplicaSet> {
        self.sets.get(self.sets.new)
    }

    pub(crate) fn stable_set(&self) -> Option<&ReplicaSet> {
        self.sets.get(self.sets.stable)
    }

    /// Whether the update is given up: by a user, or by an earlier phase of this pass.
    pub(crate) fn aborted(&self) -> bool {
        self.pauses.aborted(self.stored())
    }

    /// Revision of the Rollout, as it stands in its annotation.
    pub(crate) fn revision(&self) -> &str {
        self.rollout.metadata.annotation(names::REVISION).unwrap_or_default()
    }

    pub(crate) fn key(&self, kind: Kind, name: &str) -> ObjectKey {
        ObjectKey::new(kind, self.rollout.metadata.namespace.as_str(), name)
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.decision.actions.push(action);
    }

    pub(crate) fn merge(&mut self, key: ObjectKey, patch: Value) {
        self.act(Action::Patch { key, patch: PatchBody::Merge(patch) });
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.decision.events.push(event);
    }

    pub(crate) fn because(&mut self, rule: &'static str, detail: impl Into<String>) {
        self.give(Reason::new(rule, detail));
    }

    /// As [`because`](Self::because), for a reason that knows its times.
    pub(crate) fn give(&mut self, reason: Reason) {
        self.decision.because.push(reason);
    }

    pub(crate) fn ask(&mut self, question: Question) {
        if !self.decision.questions.contains(&question) {
            self.decision.questions.push(question);
        }
    }

    /// Looks again after `delay`, or earlier when somebody else asked for it.
    pub(crate) fn requeue(&mut self, delay: Duration) {
        let delay = self.decision.requeue_after.map_or(delay, |other| other.min(delay));
        self.decision.requeue_after = Some(delay);
    }

    /// Looks again at `moment`.
    pub(crate) fn requeue_at(&mut self, moment: Timestamp) {
        self.requeue(Duration::try_from(moment.duration_since(self.now)).unwrap_or_default());
    }

    /// Sets the size of a ReplicaSet and the annotation that remembers `spec.replicas`; tells whether the size
    /// changed (spec rollout-reconcile 3.7). A deadline goes with the last pod, unless an abort set it.
    pub(crate) fn scale(&mut self, index: usize, replicas: i32, deadline: Deadline) -> bool {
        let desired = self.replicas();
        let Some(set) = self.sets.all.get(index) else { return false };
        let before = set.replicas();
        let desired = desired.to_string();
        let drop_deadline = deadline == Deadline::GoesWithLastPod
            && replicas == 0
            && set.metadata.annotation(names::SCALE_DOWN_DEADLINE).is_some();
        let synced = set.metadata.annotation(names::DESIRED_REPLICAS) == Some(&desired);
        if before == replicas && synced && !(drop_deadline && self.replicas() == 0) {
            return false;
        }
        let mut annotations = vec![(names::DESIRED_REPLICAS.to_owned(), Some(desired.clone()))];
        if drop_deadline {
            annotations.push((names::SCALE_DOWN_DEADLINE.to_owned(), None));
        }
        let key = self.key(Kind::REPLICA_SET, &set.metadata.name);
        let (name, revision) = (set.metadata.name.clone(), set.revision().unwrap_or_default());
        self.act(Action::Scale { key, replicas, annotations });
        if let Some(set) = self.sets.all.get_mut(index).map(Arc::make_mut) {
            set.spec.replicas = Some(replicas);
            set.metadata.annotations.insert(names::DESIRED_REPLICAS.to_owned(), desired);
            if drop_deadline {
                set.metadata.annotations.remove(names::SCALE_DOWN_DEADLINE);
            }
        }
        if before == replicas {
            return false;
        }
        let direction = if before < replicas { "up" } else { "down" };
        self.tell(events::normal(
            events::SCALING_REPLICA_SET,
            format!("Scaled {direction} ReplicaSet {name} (revision {revision}) from {before} to {replicas}"),
        ));
        true
    }

    /// Sets or removes one annotation of a ReplicaSet.
    pub(crate) fn annotate_set(&mut self, index: usize, annotation: &str, value: Option<&str>) {
        let Some(set) = self.sets.all.get_mut(index).map(Arc::make_mut) else { return };
        match value {
            Some(value) => set.metadata.annotations.insert(annotation.to_owned(), value.to_owned()),
            None => set.metadata.annotations.remove(annotation),
        };
        let name = set.metadata.name.clone();
        let key = self.key(Kind::REPLICA_SET, &name);
        self.merge(key, json!({"metadata": {"annotations": {annotation: value}}}));
    }

    /// Sets one annotation of the Rollout.
    pub(crate) fn annotate_rollout(&mut self, annotation: &str, value: &str) {
        let key = self.key(Kind::ROLLOUT, &self.rollout.metadata.name);
        self.merge(key, json!({"metadata": {"annotations": {annotation: value}}}));
        Arc::make_mut(&mut self.rollout).metadata.annotations.insert(annotation.to_owned(), value.to_owned());
    }
}

impl Plan<'_> {
    pub(crate) fn traffic_routed(&self) -> bool {
        self.strategy.traffic_routing.is_some()
    }
}

/// What becomes of a scale-down deadline when a ReplicaSet loses its last pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// It is removed with it.
    GoesWithLastPod,
    /// It stays as the trace of an abort.
    Stays,
}
