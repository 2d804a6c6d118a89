//! The Rollout controller: observe, decide, act, ask, tell, write the status.

use std::sync::Arc;
use std::time::Duration;

use crd::{Kind, ObjectKey, ObjectMeta, Rollout, RolloutStatus};
use kube::Client;
use rollout::{Action, Decision, Event, Observed};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::apply::{Applied, Writer};
use crate::cache::Name;
use crate::clock::Clock;
use crate::error::Error;
use crate::events::Events;
use crate::gate::Gates;
use crate::gather;
use crate::journals::Journals;
use crate::metrics::Metrics;
use crate::observed::Versions;
use crate::pace::Pace;
use crate::pods::pods;
use crate::queue::Outcome;
use crate::reflect::{Listed, Reflectors, Sinks};
use crate::taken::Taken;
use crate::watches::{Answered, Task};
use crate::writes::Writes;

/// How soon to look again when the cache has not shown our own last write; the write's own event is quicker.
const STALE: Duration = Duration::from_millis(100);

/// Everything that one pass over a Rollout needs.
pub(crate) struct Rollouts {
    pub(crate) client: Client,
    pub(crate) sinks: Sinks,
    pub(crate) reflectors: Arc<Reflectors>,
    pub(crate) tasks: TaskTracker,
    pub(crate) writer: Writer,
    pub(crate) writes: Writes,
    pub(crate) taken: Taken,
    pub(crate) events: Events,
    pub(crate) gates: Gates,
    /// `None` when no journal is wanted.
    pub(crate) journals: Option<Journals>,
    pub(crate) pace: Pace,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Clock,
    /// Changes with the configuration.
    pub(crate) settings: watch::Receiver<Arc<rollout::Settings>>,
}

/// How many passes follow from each other at most: a release with more steps in a row takes another write.
const PASSES: usize = 32;
/// The next pass is due now.
const AT_ONCE: Outcome = Outcome::After(Duration::ZERO);

/// What the cache offers for a pass.
enum Gathered {
    /// The Rollout is gone.
    Gone,
    /// The cache has not shown our own last write yet.
    Stale,
    /// A kind that the pass needs is being listed; the list's end wakes it.
    Waiting,
    /// A kind that the pass needs cannot be listed.
    Unread(Error),
    /// All there, but the pods, which the pass looks at too.
    WithPods(Box<Observed>),
    /// All there.
    Ready(Box<Observed>),
}

/// Passes over a Rollout that follow from each other.
struct Chain {
    /// The Rollout as it is stored.
    stored: Arc<Rollout>,
    /// The version at which our own actions left it.
    version: String,
    /// What is to be written.
    status: Option<RolloutStatus>,
    /// What is to be told when it is written.
    events: Vec<Event>,
    /// How many passes have been carried out.
    passes: usize,
}

impl Chain {
    fn new(rollout: &Arc<Rollout>) -> Self {
        let version = rollout.metadata.resource_version.clone();
        Self { stored: Arc::clone(rollout), version, status: None, events: Vec::new(), passes: 0 }
    }
}

impl Rollouts {
    /// One pass, with its time and outcome recorded.
    pub(crate) async fn work(&self, name: &Name) -> Outcome {
        let began = Instant::now();
        if self.sinks.cache.read().rollouts.get(&name.0, &name.1).is_none() {
            // It is gone: what was counted of it is on its way out.
            self.forget(name);
            return Outcome::Done;
        }
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

    /// The Rollout is gone.
    fn forget(&self, name: &Name) {
        self.gates.forget(name);
        self.writes.forget(name);
        self.pace.forget(name);
        self.taken.take(name);
        if let Some(journals) = &self.journals {
            journals.forget(name);
        }
    }

    /// Passes, for as long as the next one follows from the one before: all that it does is to resize ReplicaSets and
    /// to write the status. They share one write of it, so a step that takes no time takes no write either. Whatever
    /// else a pass does waits until the status before it is stored.
    async fn reconcile(&self, name: &Name) -> Result<Outcome, Error> {
        let mut observed = match self.gather(name) {
            // What is gone is forgotten when its end is heard of.
            Gathered::Gone | Gathered::Waiting => return Ok(Outcome::Done),
            Gathered::Stale => return Ok(Outcome::After(STALE)),
            Gathered::Unread(error) => return Err(error),
            Gathered::WithPods(observed) => {
                let resolved = rollout::with_workload(&observed.rollout, &observed.routes);
                Observed { pods: pods(&self.client, &resolved).await?, ..*observed }
            }
            Gathered::Ready(observed) => *observed,
        };
        let mut chain = Chain::new(&observed.rollout);
        let end = loop {
            let now = self.clock.now();
            let decision = rollout::reconcile(&observed, now);
            if chain.passes == 0 {
                if let Some(wait) = self.pace.wait(name, &chain.stored.status, &decision) {
                    return Ok(Outcome::After(decision.requeue_after.map_or(wait, |other| other.min(wait))));
                }
            } else if chain.passes == PASSES || !follows(&decision) {
                break Ok(AT_ONCE);
            }
            let acted = !decision.actions.is_empty();
            let note = self.journals.as_ref().and_then(|all| all.note(name, &observed, &decision, now));
            let done = self.carry_out(name, &observed, &mut chain, decision).await;
            if let (Some(journals), Some(note)) = (&self.journals, note) {
                journals.add(note, done.as_ref().err());
            }
            let done = match done {
                Err(error) => self.adopted(name, &chain.stored.metadata, error).await,
                done => done,
            };
            match done {
                Ok(None) => {}
                Ok(Some(outcome)) => break Ok(outcome),
                Err(error) => break Err(error),
            }
            match self.next(name, observed, &chain, acted) {
                Some(next) => observed = next,
                None => break Ok(AT_ONCE),
            }
        };
        self.write(name, chain).await?;
        end
    }

    /// What the next pass of a chain looks at: after actions the cluster anew, if the cache shows all of our writes and
    /// nobody else has written the Rollout since.
    fn next(&self, name: &Name, observed: Observed, chain: &Chain, acted: bool) -> Option<Observed> {
        let mut observed = match acted {
            // Pods are read for a single pass.
            _ if !observed.pods.is_empty() => return None,
            false => observed,
            true => match self.gather(name) {
                Gathered::Ready(next) if next.rollout.metadata.resource_version == chain.version => *next,
                _ => return None,
            },
        };
        if let Some(status) = &chain.status {
            Arc::make_mut(&mut observed.rollout).status.clone_from(status);
        }
        Some(observed)
    }

    fn gather(&self, name: &Name) -> Gathered {
        let (namespace, rollout) = name;
        let objects = self.sinks.cache.read();
        let Some(rollout) = objects.rollouts.get(namespace, rollout) else { return Gathered::Gone };
        if !self.writes.seen(name, &objects) {
            return Gathered::Stale;
        }
        let reads = rollout::reads(rollout);
        for kind in gather::other_kinds(&reads) {
            self.reflectors.ensure(&kind, &self.tasks);
            match self.reflectors.listed(&kind) {
                Listed::Read => {}
                Listed::Asked => return Gathered::Waiting,
                Listed::Refused(reason) => return Gathered::Unread(Error::List { kind, reason }),
            }
        }
        let mut observed = gather::gather(&objects, rollout, &reads, &self.settings.borrow());
        observed.answers = self.gates.answers(name);
        let in_the_way = self.taken.take(name);
        observed.same_name = observed.same_name.or(in_the_way.set);
        observed.taken = in_the_way.names;
        let ready = if reads.pods { Gathered::WithPods } else { Gathered::Ready };
        ready(Box::new(observed))
    }

    /// Actions in order, then questions, events, and the status last. Destructured without `..`: a new part of a
    /// decision does not compile until it is carried out. `None`: another pass may follow.
    async fn carry_out(
        &self,
        name: &Name,
        observed: &Observed,
        chain: &mut Chain,
        decision: Decision,
    ) -> Result<Option<Outcome>, Error> {
        let Decision { actions, events, status, questions, requeue_after, because } = decision;
        for reason in &because {
            tracing::trace!(namespace = %name.0, rollout = %name.1, rule = reason.rule, "{}", reason.detail);
        }
        self.act(name, observed, chain, &actions).await?;
        chain.passes += 1;
        self.gates.ask(name, questions);
        chain.events.extend(events);
        if !actions.is_empty() {
            self.tell(name, &chain.stored, std::mem::take(&mut chain.events));
        }
        let over = actions.is_empty() && status.is_none();
        chain.status = status.or(chain.status.take());
        Ok(over.then(|| requeue_after.map_or(Outcome::Done, Outcome::After)))
    }

    async fn act(
        &self,
        name: &Name,
        observed: &Observed,
        chain: &mut Chain,
        actions: &[Action],
    ) -> Result<(), Error> {
        if actions.is_empty() {
            return Ok(());
        }
        let mut applied = Applied::default();
        let acted = self.writer.apply(actions, Versions::of_pass(observed), &mut applied).await;
        for (key, version) in applied.versions {
            self.writes.record(name, &key, &version);
            if key.kind == Kind::ROLLOUT && key.name == name.1 {
                chain.version = version;
            }
        }
        self.wake_others(name, applied.tasks);
        if let Err(error) = &acted {
            self.taken.look(&self.client, name, error).await?;
        }
        acted
    }

    /// Whether an AnalysisRun or Experiment could not be created because it is there already, the Rollout's own, though
    /// the cache did not show it: another pass may follow then, which takes it if it is the one that it wants (spec
    /// analysis-01 9). Any other error stays.
    async fn adopted(
        &self,
        name: &Name,
        rollout: &ObjectMeta,
        error: Error,
    ) -> Result<Option<Outcome>, Error> {
        let named = |key: &&ObjectKey| [Kind::ANALYSIS_RUN, Kind::EXPERIMENT].contains(&key.kind);
        let Some(key) = error.taken().filter(named) else { return Err(error) };
        let Some(Answered { version, tasks }) = self.writer.adopt(key, rollout).await? else {
            return Err(error);
        };
        tracing::info!(namespace = %name.0, rollout = %name.1, object = %key, "adopted");
        self.writes.record(name, key, &version);
        self.wake_others(name, tasks);
        Ok(None)
    }

    /// Writes the status, if it differs, onto the Rollout as it was observed or as our own actions left it; then tells
    /// what it is about.
    async fn write(&self, name: &Name, chain: Chain) -> Result<(), Error> {
        let Chain { stored, version, status, events, passes: _ } = chain;
        let patch = status.as_ref().and_then(|status| rollout::status_patch(&stored.status, status));
        if let Some((patch, status)) = patch.zip(status) {
            let key = ObjectKey::new(Kind::ROLLOUT, name.0.clone(), name.1.clone());
            let Answered { version, tasks } = self.writer.status(&key, true, patch, &version).await?;
            self.writes.record(name, &key, &version);
            self.wake_others(name, tasks);
            self.metrics.attempt(stored.status.duration.as_ref(), status.duration.as_ref());
        }
        self.tell(name, &stored, events);
        Ok(())
    }

    fn tell(&self, name: &Name, rollout: &Rollout, events: Vec<Event>) {
        for event in &events {
            self.metrics.event(name, event);
        }
        self.events.publish(&Kind::ROLLOUT, &rollout.metadata, events);
    }

    /// Wakes whom our own writes concern; what they mean to this Rollout the pass knows itself.
    fn wake_others(&self, name: &Name, mut tasks: Vec<Task>) {
        tasks.retain(|task| !matches!(task, Task::Rollout(woken) if woken == name));
        self.sinks.carry_out(tasks);
    }
}

/// Whether a pass may follow in the same chain: it only writes the status, or resizes ReplicaSets besides. Without a
/// status of its own it saves no write, and then the one before is stored first.
fn follows(decision: &Decision) -> bool {
    let only_sizes = decision.actions.iter().all(|action| matches!(action, Action::Scale { .. }));
    let saves_a_write = decision.actions.is_empty() || decision.status.is_some();
    only_sizes && saves_a_write && decision.questions.is_empty()
}
