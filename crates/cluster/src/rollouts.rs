//! The Rollout controller: observe, decide, act, ask, tell, write the status.

use std::sync::Arc;
use std::time::Duration;

use crd::{Kind, ObjectKey, Rollout};
use kube::Client;
use rollout::{Decision, Observed};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::apply::{Applied, Writer};
use crate::cache::{Cache, Name};
use crate::clock::Clock;
use crate::error::Error;
use crate::events::Events;
use crate::gate::Gates;
use crate::gather;
use crate::journals::Journals;
use crate::metrics::Metrics;
use crate::pods::pods;
use crate::queue::Outcome;
use crate::reflect::Reflectors;
use crate::writes::Writes;

/// How soon to look again when the cache has not shown our own last write; the write's own event is quicker.
const STALE: Duration = Duration::from_millis(100);

/// Everything that one pass over a Rollout needs.
pub(crate) struct Rollouts {
    pub(crate) client: Client,
    pub(crate) cache: Arc<Cache>,
    pub(crate) reflectors: Arc<Reflectors>,
    pub(crate) tasks: TaskTracker,
    pub(crate) writer: Writer,
    pub(crate) writes: Writes,
    pub(crate) events: Events,
    pub(crate) gates: Gates,
    /// `None` when no journal is wanted.
    pub(crate) journals: Option<Journals>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Clock,
    pub(crate) settings: Arc<rollout::Settings>,
}

/// What the cache offers for a pass.
enum Gathered {
    /// The Rollout is gone.
    Gone,
    /// Something that the pass needs has not been seen yet.
    Stale,
    /// All there.
    Ready(Box<Observed>),
}

impl Rollouts {
    /// One pass, with its time and outcome recorded.
    pub(crate) async fn work(&self, name: &Name) -> Outcome {
        let began = Instant::now();
        let result = self.reconcile(name).await;
        self.metrics.rollout_pass(name, began.elapsed(), result.is_err());
        let (namespace, rollout) = name;
        match result {
            Ok(outcome) => outcome,
            Err(error) if error.is_conflict() => {
                tracing::debug!(%namespace, %rollout, %error, "the cluster moved on; observing again");
                Outcome::Failed
            }
            Err(error) => {
                tracing::warn!(%namespace, %rollout, category = error.category(), %error, "pass failed");
                Outcome::Failed
            }
        }
    }

    async fn reconcile(&self, name: &Name) -> Result<Outcome, Error> {
        let mut observed = match self.gather(name) {
            Gathered::Gone => {
                self.gates.forget(name);
                if let Some(journals) = &self.journals {
                    journals.forget(name);
                }
                return Ok(Outcome::Done);
            }
            Gathered::Stale => return Ok(Outcome::After(STALE)),
            Gathered::Ready(observed) => *observed,
        };
        if rollout::reads(&observed.rollout).pods {
            let resolved = rollout::with_workload(&observed.rollout, &observed.routes);
            observed.pods = pods(&self.client, &resolved).await?;
        }
        let now = self.clock.now();
        let decision = rollout::reconcile(&observed, now);
        let Some(journals) = &self.journals else { return self.carry_out(name, &observed, decision).await };
        let note = journals.note(name, &observed, &decision, now);
        let done = self.carry_out(name, &observed, decision).await;
        if let Some(note) = note {
            journals.add(note, done.as_ref().err());
        }
        done
    }

    fn gather(&self, name: &Name) -> Gathered {
        let (namespace, rollout) = name;
        let objects = self.cache.read();
        let Some(rollout) = objects.rollouts.get(namespace, rollout) else { return Gathered::Gone };
        if !self.writes.seen(name, &objects) {
            return Gathered::Stale;
        }
        let reads = rollout::reads(rollout);
        for kind in gather::other_kinds(&reads) {
            self.reflectors.ensure(&kind, &self.tasks);
            if !self.reflectors.is_synced(&kind) {
                return Gathered::Stale;
            }
        }
        let mut observed = gather::gather(&objects, rollout, &reads, &self.settings);
        observed.answers = self.gates.answers(name);
        Gathered::Ready(Box::new(observed))
    }

    /// Actions in order, then questions, events, and the status last. Destructured without `..`: a new part of a
    /// decision does not compile until it is carried out.
    async fn carry_out(
        &self,
        name: &Name,
        observed: &Observed,
        decision: Decision,
    ) -> Result<Outcome, Error> {
        let Decision { actions, events, status, questions, requeue_after, because } = decision;
        for reason in &because {
            tracing::trace!(namespace = %name.0, rollout = %name.1, rule = reason.rule, "{}", reason.detail);
        }
        let mut applied = Applied::default();
        let acted = self.writer.apply(&actions, &mut applied).await;
        for (key, version) in &applied.versions {
            self.writes.record(name, key, version);
        }
        acted?;
        self.gates.ask(name, questions);
        for event in events {
            self.metrics.event(name, &event);
            self.events.publish(&Kind::ROLLOUT, &observed.rollout.metadata, event);
        }
        if let Some(status) = status {
            self.write_status(name, &observed.rollout, &status, applied).await?;
        }
        Ok(requeue_after.map_or(Outcome::Done, Outcome::After))
    }

    /// Writes the status, if it differs, onto the Rollout as it was observed or as our own actions left it.
    async fn write_status(
        &self,
        name: &Name,
        rollout: &Rollout,
        status: &crd::RolloutStatus,
        applied: Applied,
    ) -> Result<(), Error> {
        let Some(patch) = rollout::status_patch(&rollout.status, status) else { return Ok(()) };
        let key = ObjectKey::new(Kind::ROLLOUT, name.0.clone(), name.1.clone());
        let ours =
            applied.versions.iter().rev().find(|(written, _)| *written == key).map(|(_, version)| version);
        let version = ours.unwrap_or(&rollout.metadata.resource_version);
        if let Some(version) = self.writer.status(&key, true, patch, version).await? {
            self.writes.record(name, &key, &version);
        }
        Ok(())
    }
}
