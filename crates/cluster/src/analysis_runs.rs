//! The AnalysisRun controller: what is due is read, what was read is judged, the status is written.

mod again;
mod room;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crd::{AnalysisPhase, AnalysisRun, Kind, ObjectKey, SecretKeyRef};
use futures::future::join_all;
use metric_providers::{Credentials, Ctx, Plugins, Value};
use rollout::Action;
use rollout::analysis::{
    Ask, Filled, How, Outcome as Read, Reading, RunDecision, Trimmed, assess, due_or_over, status_patch,
};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::apply::{Applied, Writer};
use crate::cache::Name;
use crate::clock::Clock;
use crate::error::Error;
use crate::events::Events;
use crate::jobs::ClusterJobs;
use crate::metrics::Metrics;
use crate::observed::Versions;
use crate::outside::Outside;
use crate::queue::Outcome;
use crate::reflect::Sinks;
use crate::secrets::Secrets;
use crate::settings::{MetricEgress, Settings};
use crate::watches::Answered;
use crate::writes::Writes;
use room::{Room, Rooms};

/// How soon to look again when the cache has not shown our own last write; the write's own event is quicker.
const STALE: Duration = Duration::from_millis(100);

/// How often a status that tells of readings is written again after a conflict. Measurements were begun: a pass that
/// forgets them leaves a Job behind, or measures twice.
const TRIES: usize = 5;

/// Everything that one pass over an AnalysisRun needs.
pub(crate) struct AnalysisRuns {
    sinks: Sinks,
    writer: Writer,
    writes: Writes,
    secrets: Secrets,
    events: Events,
    metrics: Arc<Metrics>,
    clock: Clock,
    outside: Arc<dyn Outside>,
    /// What judgements depend on.
    core: rollout::Settings,
    /// For metrics that name none.
    prometheus_address: Option<String>,
    egress: MetricEgress,
    jobs: ClusterJobs,
    /// Programs that measure; they change with the configuration.
    plugins: watch::Receiver<Plugins>,
    /// How many runs are decided on and written at the same time. Whoever waits for a metric system has no seat: one that
    /// hangs holds up nobody else.
    seats: Semaphore,
    /// For values that wait to be judged.
    rooms: Rooms,
}

/// Readings, and the room that their values take until they are judged.
struct Held {
    readings: Vec<Reading>,
    _room: Room,
}

impl AnalysisRuns {
    pub(crate) fn new(
        sinks: Sinks,
        writer: Writer,
        secrets: Secrets,
        events: Events,
        metrics: Arc<Metrics>,
        settings: &Settings,
        (jobs, plugins): (ClusterJobs, watch::Receiver<Plugins>),
    ) -> Self {
        let (clock, outside) = (settings.clock, Arc::clone(&settings.outside));
        let prometheus_address = settings.prometheus_address.clone();
        let core = rollout::Settings {
            accept_no_success: settings.accept_no_success,
            ..rollout::Settings::default()
        };
        let writes = Writes::default();
        let egress = settings.egress.clone();
        let seats = Semaphore::new(settings.analysis_workers);
        Self {
            sinks,
            writer,
            writes,
            secrets,
            events,
            metrics,
            clock,
            outside,
            core,
            prometheus_address,
            egress,
            jobs,
            plugins,
            seats,
            rooms: Rooms::default(),
        }
    }

    /// One pass, with its time and outcome recorded.
    pub(crate) async fn work(&self, name: &Name) -> Outcome {
        let began = Instant::now();
        if self.sinks.cache.read().analysis_runs.get(&name.0, &name.1).is_none() {
            // It is gone, and with it what was counted of it.
            self.writes.forget(name);
            self.jobs.watched.settle(name, None);
            return Outcome::Done;
        }
        let result = self.reconcile(name).await;
        self.metrics.analysis_run_pass(name, began.elapsed(), result.is_err());
        let (namespace, run) = name;
        match result {
            Ok(outcome) => outcome,
            Err(error) if error.is_conflict() => {
                tracing::debug!(%namespace, analysisrun = %run, %error, "the cluster moved on; observing again");
                Outcome::Failed
            }
            Err(error) => {
                tracing::warn!(%namespace, analysisrun = %run, category = error.category(), %error, "pass failed");
                Outcome::Failed
            }
        }
    }

    async fn reconcile(&self, name: &Name) -> Result<Outcome, Error> {
        // Seats are never taken away.
        let seat = self.seats.acquire().await.ok();
        let mut run = {
            let objects = self.sinks.cache.read();
            let Some(run) = objects.analysis_runs.get(&name.0, &name.1) else { return Ok(Outcome::Done) };
            if !self.writes.seen(name, &objects) {
                return Ok(Outcome::After(STALE));
            }
            Arc::clone(run)
        };
        let asks = due_or_over(&run, self.clock.now(), &|it| self.jobs.watched.is_over(it));
        let mut tries = if asks.is_empty() { 0 } else { TRIES };
        let (found, _seat) = if asks.is_empty() {
            (Ok(Held { readings: Vec::new(), _room: self.rooms.of_a_run() }), seat)
        } else {
            drop(seat);
            (self.ask(&run, asks).await, self.seats.acquire().await.ok())
        };
        let readings = found.as_ref().map(|held| held.readings.as_slice()).map_err(String::as_str);
        loop {
            let decision = assess(&run, readings, &self.core, self.clock.now());
            let conflict = match self.carry_out(name, &run, decision).await {
                Err(error) if error.is_conflict() && tries > 0 => error,
                outcome => return outcome,
            };
            tries -= 1;
            match again::as_it_began(self.writer.client(), &run).await {
                Some(fresh) => run = Arc::new(fresh),
                None => return Err(conflict),
            }
        }
    }

    /// Destructured without `..`: a new part of a decision does not compile until it is carried out.
    async fn carry_out(
        &self,
        name: &Name,
        run: &AnalysisRun,
        decision: RunDecision,
    ) -> Result<Outcome, Error> {
        // Nothing that is measured here leaves anything behind, so nothing goes with old measurements.
        let RunDecision { status, events, requeue_after, delete, trimmed, because } = decision;
        for reason in &because {
            tracing::trace!(namespace = %name.0, analysisrun = %name.1, rule = reason.rule, "{}", reason.detail);
        }
        let key = ObjectKey::new(Kind::ANALYSIS_RUN, name.0.clone(), name.1.clone());
        if delete {
            let action = Action::Delete { key, uid: run.metadata.uid.clone() };
            self.writer.apply(&[action], Versions::default(), &mut Applied::default()).await?;
            return Ok(Outcome::Done);
        }
        if let Some(status) = &status
            && let Some(patch) = status_patch(&run.status, status)
        {
            let version = &run.metadata.resource_version;
            let Answered { version, tasks } = self.writer.status(&key, false, patch, version).await?;
            self.writes.record(name, &key, &version);
            self.jobs.watched.settle(name, Some(status));
            self.sinks.carry_out(tasks);
        }
        self.events.publish(&Kind::ANALYSIS_RUN, &run.metadata, events);
        if !trimmed.is_empty() {
            self.collect(run, &trimmed).await;
        }
        Ok(requeue_after.map_or(Outcome::Done, Outcome::After))
    }

    /// Puts all questions at the same time. `Err` names the argument or Secret that is missing; then nothing is asked.
    async fn ask(&self, run: &AnalysisRun, asks: Vec<Ask>) -> Result<Held, String> {
        let references: BTreeSet<SecretKeyRef> =
            asks.iter().flat_map(|ask| ask.secrets.iter().cloned()).collect();
        let secrets = self.secrets.read(&run.metadata.namespace, references).await?;
        let filled = asks.iter().map(|ask| ask.fill(&secrets)).collect::<Result<Vec<_>, _>>()?;
        let room = self.rooms.of_a_run();
        let questions = asks.into_iter().zip(filled).map(|(ask, filled)| self.read(run, ask, filled, &room));
        let readings = join_all(questions).await;
        Ok(Held { readings, _room: room })
    }

    async fn read(&self, run: &AnalysisRun, ask: Ask, asked: Filled, room: &Room) -> Reading {
        let namespace = &run.metadata.namespace;
        let now = || self.clock.now();
        let times = |text: &str| expr::time(text, self.clock.now()).map(|time| time.at);
        let credentials = match metric_providers::wanted(&asked.metric) {
            Some(wanted) => self.secrets.credentials(namespace, &wanted).await,
            None => Credentials::default(),
        };
        let secrets: Vec<String> = asked.secrets.iter().chain(credentials.texts()).cloned().collect();
        let ctx = Ctx {
            clock: &now,
            times: &times,
            credentials,
            secrets: &secrets,
            prometheus_address: self.prometheus_address.as_deref(),
            run: Some(run),
            egress: self.egress.of(&run.metadata.namespace).clone(),
            jobs: Some(&self.jobs),
            plugins: self.plugins.borrow().clone(),
            ..Ctx::default()
        };
        let mut found = self.outside.measure(&ctx, &ask.how, &asked.metric).await;
        let weight = found.outcome.as_ref().ok().and_then(Option::as_ref).map_or(0, Value::weight);
        if let Err(none) = room.take(weight) {
            found.outcome = Err(none);
        }
        let value = found.outcome.as_ref().ok().and_then(Option::as_ref).map(Value::text).unwrap_or_default();
        let outcome = match found.outcome {
            // Ended before it was finished: it says neither good nor bad (spec analysis-02 6).
            Ok(None) if matches!(ask.how, How::Terminate(_)) => {
                Read::Verdict(AnalysisPhase::Inconclusive, "Metric Terminated".to_owned())
            }
            Ok(Some(Value::Verdict(verdict))) if verdict.phase.completed() => {
                Read::Verdict(verdict.phase, verdict.message)
            }
            Ok(None | Some(Value::Verdict(_))) => Read::Running,
            Ok(Some(value)) => Read::Value((&value).into()),
            Err(message) => Read::Error(message),
        };
        Reading {
            name: ask.name,
            asked,
            outcome,
            value,
            metadata: found.metadata,
            about: found.about,
            resume_at: found.resume_at,
            started_at: found.started,
            finished_at: found.finished,
        }
    }

    /// Removes what measurements that were forgotten have left behind. That it fails is only worth a line: it is tried
    /// again with the next measurement.
    async fn collect(&self, run: &AnalysisRun, trimmed: &[Trimmed]) {
        for Trimmed { metric, kept } in trimmed {
            let ctx = Ctx {
                run: Some(run),
                jobs: Some(&self.jobs),
                plugins: self.plugins.borrow().clone(),
                ..Ctx::default()
            };
            if let Err(error) = metric_providers::garbage_collect(&ctx, metric, *kept).await {
                let (namespace, run, metric) = (&run.metadata.namespace, &run.metadata.name, &metric.name);
                tracing::warn!(%namespace, analysisrun = %run, %metric, %error, "cannot clean up after measurements");
            }
        }
    }
}
