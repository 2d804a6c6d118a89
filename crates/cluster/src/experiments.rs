//! The Experiment controller: observe, decide, act, tell, write the status.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crd::{Kind, ObjectKey, ObjectMeta};
use rollout::experiment::{self, Decision, Observed, Refusal};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::apply::{Applied, Writer};
use crate::cache::Name;
use crate::clock::Clock;
use crate::error::Error;
use crate::events::Events;
use crate::gather;
use crate::metrics::Metrics;
use crate::observed::Versions;
use crate::queue::Outcome;
use crate::reflect::Sinks;
use crate::watches::Answered;
use crate::writes::Writes;

/// How soon to look again when the cache has not shown our own last write; the write's own event is quicker.
const STALE: Duration = Duration::from_millis(100);

/// How often a pass is made again with what the API server refused: once for each object that it may touch is enough,
/// and an Experiment has few.
const REFUSALS: usize = 16;

/// What an Experiment names after itself alone, so that a second try at creating it meets the first.
const ADOPTED: [Kind; 2] = [Kind::REPLICA_SET, Kind::ANALYSIS_RUN];

/// Everything that one pass over an Experiment needs.
pub(crate) struct Experiments {
    pub(crate) sinks: Sinks,
    pub(crate) writer: Writer,
    pub(crate) writes: Writes,
    pub(crate) events: Events,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Clock,
    /// Changes with the configuration.
    pub(crate) settings: watch::Receiver<Arc<rollout::Settings>>,
}

impl Experiments {
    /// One pass, with its time and outcome recorded.
    pub(crate) async fn work(&self, name: &Name) -> Outcome {
        let began = Instant::now();
        if self.sinks.cache.read().experiments.get(&name.0, &name.1).is_none() {
            // It is gone, and with it what was counted of it.
            self.writes.forget(name);
            return Outcome::Done;
        }
        let result = self.reconcile(name).await;
        // That somebody else wrote first is no error (X15).
        let failed = result.as_ref().is_err_and(|error| !error.is_conflict());
        self.metrics.experiment_pass(name, began.elapsed(), failed);
        let (namespace, experiment) = name;
        match result {
            Ok(outcome) => outcome,
            Err(error) if error.is_conflict() => {
                tracing::debug!(%namespace, %experiment, %error, "the cluster moved on; observing again");
                Outcome::Failed
            }
            Err(error) => {
                tracing::warn!(%namespace, %experiment, category = error.category(), %error, "pass failed");
                Outcome::Failed
            }
        }
    }

    /// What the API server refuses for good is an observation: the pass is made again with it.
    async fn reconcile(&self, name: &Name) -> Result<Outcome, Error> {
        let (mut refused, mut looked) = (BTreeMap::new(), BTreeSet::new());
        loop {
            let observed = {
                let objects = self.sinks.cache.read();
                if !self.writes.seen(name, &objects) {
                    return Ok(Outcome::After(STALE));
                }
                gather::experiment(&objects, name, &self.settings.borrow())
            };
            // What is gone is forgotten when its end is heard of.
            let Some(mut observed) = observed else { return Ok(Outcome::Done) };
            observed.refused.clone_from(&refused);
            let decision = experiment::reconcile(&observed, self.clock.now());
            match self.act(name, &observed, &decision).await {
                Ok(()) => return self.end(name, &observed, decision).await,
                Err(error) => {
                    let taken = error.taken().filter(|key| ADOPTED.contains(&key.kind));
                    if let Some(key) = taken.filter(|key| looked.insert((*key).clone()))
                        && self.adopted(name, &observed.experiment.metadata, key).await?
                    {
                        continue;
                    }
                    let (key, refusal) = refused_for_good(&error).ok_or(error)?;
                    tracing::info!(namespace = %name.0, experiment = %name.1, object = %key, ?refusal, "refused");
                    refused.insert(key, refusal);
                    if refused.len() > REFUSALS {
                        return Ok(Outcome::Failed);
                    }
                }
            }
        }
    }

    /// Whether what has a name already is the Experiment's own, which the cache does not show yet. It is in the cache
    /// then, or awaited there (X35; spec analysis-01 9).
    async fn adopted(&self, name: &Name, experiment: &ObjectMeta, key: &ObjectKey) -> Result<bool, Error> {
        let Some(Answered { version, tasks }) = self.writer.adopt(key, experiment).await? else {
            return Ok(false);
        };
        tracing::info!(namespace = %name.0, experiment = %name.1, object = %key, "adopted");
        self.writes.record(name, key, &version);
        self.sinks.carry_out(tasks);
        Ok(true)
    }

    async fn act(&self, name: &Name, observed: &Observed, decision: &Decision) -> Result<(), Error> {
        if decision.actions.is_empty() {
            return Ok(());
        }
        let mut applied = Applied::default();
        let acted =
            self.writer.apply(&decision.actions, Versions::of_experiment(observed), &mut applied).await;
        for (key, version) in applied.versions {
            self.writes.record(name, &key, &version);
        }
        self.sinks.carry_out(applied.tasks);
        acted
    }

    /// Events, and the status last. Destructured without `..`: a new part of a decision does not compile until it is
    /// carried out.
    async fn end(&self, name: &Name, observed: &Observed, decision: Decision) -> Result<Outcome, Error> {
        let Decision { actions: _, events, owner_events, status, requeue_after, because } = decision;
        for reason in &because {
            tracing::trace!(namespace = %name.0, experiment = %name.1, rule = reason.rule, "{}", reason.detail);
        }
        let stored = &observed.experiment;
        if let Some(patch) = status.and_then(|status| experiment::status_patch(&stored.status, &status)) {
            let key = ObjectKey::new(Kind::EXPERIMENT, name.0.clone(), name.1.clone());
            let version = &stored.metadata.resource_version;
            let Answered { version, tasks } = self.writer.status(&key, false, patch, version).await?;
            self.writes.record(name, &key, &version);
            self.sinks.carry_out(tasks);
        }
        self.events.publish(&Kind::EXPERIMENT, &stored.metadata, events);
        let owner = stored
            .metadata
            .controller()
            .and_then(|owner| self.sinks.cache.read().rollouts.get(&name.0, &owner.name).map(Arc::clone));
        if let Some(owner) = owner {
            let name = (owner.metadata.namespace.clone(), owner.metadata.name.clone());
            for event in &owner_events {
                self.metrics.event(&name, event);
            }
            self.events.publish(&Kind::ROLLOUT, &owner.metadata, owner_events);
        }
        Ok(requeue_after.map_or(Outcome::Done, Outcome::After))
    }
}

/// What the API server would refuse again, and why: the object is there already, or what is wanted is not allowed or
/// makes no sense to it. Everything else may pass by itself.
fn refused_for_good(error: &Error) -> Option<(ObjectKey, Refusal)> {
    if let Some(key) = error.taken() {
        return Some((key.clone(), Refusal::Exists));
    }
    let Error::Write { key, source, .. } = error else { return None };
    match source.as_ref() {
        kube::Error::Api(status) if matches!(status.code, 400 | 403 | 422) => {
            Some(((**key).clone(), Refusal::Because(status.message.clone())))
        }
        _ => None,
    }
}
