//! The metric families of the peer, under the same names, types and labels (spec controller-binary 4).

mod analyses;
mod counts;
mod experiments;
mod gone;
mod info;
mod queues;
mod rollouts;
mod tallies;

use std::sync::Arc;
use std::time::Duration;

use crd::{Kind, RolloutDuration};
use http::StatusCode;
use prometheus::{Registry, TextEncoder};
use rollout::Event;

use crate::cache::{Cache, Name};
use crate::queue::Queue;
use crate::requests::Asked;
use crate::settings::Controllers;
use crate::version::Build;
use counts::Durations;
use gone::Gone;
use info::Info;
pub(crate) use queues::QueueCounts;
use queues::Queues;
use tallies::Tallies;

/// What the controller counts, and what it tells of the objects it knows.
pub(crate) struct Metrics {
    registry: Registry,
    tallies: Tallies,
    durations: Durations,
    queues: Queues,
    gone: Gone,
    cache: Arc<Cache>,
}

impl Metrics {
    /// The families of these controllers, over the objects of `cache`.
    pub(crate) fn new(cache: Arc<Cache>, controllers: Controllers) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let tallies = Tallies::default();
        registry.register(Box::new(tallies.collector(controllers)?))?;
        let durations = Durations::new()?;
        if controllers == Controllers::All {
            durations.register(&registry)?;
        }
        let queues = Queues::new(&registry)?;
        let tables: &[info::Table] = match controllers {
            Controllers::All => &[rollouts::TABLE, experiments::TABLE, analyses::TABLE],
            Controllers::Analysis => &[analyses::TABLE],
        };
        for table in tables {
            registry.register(Box::new(Info::new(table, Arc::clone(&cache))?))?;
        }
        counts::register_build(&registry, Build::CURRENT)?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(Self { registry, tallies, durations, queues, gone: Gone::default(), cache })
    }

    /// Counts a pass over a Rollout.
    pub(crate) fn rollout_pass(&self, name: &Name, took: Duration, failed: bool) {
        self.tallies.pass(&Kind::ROLLOUT, name, took, failed);
    }

    /// Counts a pass over an AnalysisRun.
    pub(crate) fn analysis_run_pass(&self, name: &Name, took: Duration, failed: bool) {
        self.tallies.pass(&Kind::ANALYSIS_RUN, name, took, failed);
    }

    /// Counts a pass over an Experiment.
    pub(crate) fn experiment_pass(&self, name: &Name, took: Duration, failed: bool) {
        self.tallies.pass(&Kind::EXPERIMENT, name, took, failed);
    }

    /// Counts an event on a Rollout.
    pub(crate) fn event(&self, name: &Name, event: &Event) {
        self.tallies.event(name, event);
    }

    /// Counts a request that was answered.
    pub(crate) fn request(&self, asked: &Asked, status: StatusCode) {
        self.tallies.request(asked, status);
    }

    /// Counts an attempt that has ended now: with `after` written over `before`.
    pub(crate) fn attempt(&self, before: Option<&RolloutDuration>, after: Option<&RolloutDuration>) {
        let has_ended = |it: &&RolloutDuration| {
            it.rollout_started_at.is_some() && it.finished_at.is_some() && !it.completion_status.is_empty()
        };
        let Some(after) = after.filter(has_ended) else { return };
        let before = before.filter(has_ended);
        if before.is_none_or(|before| before.rollout_started_at != after.rollout_started_at) {
            self.durations.observe(after);
        }
    }

    /// Where a queue counts, under the peer's name for it.
    pub(crate) fn queue(&self, name: &'static str) -> QueueCounts {
        self.queues.counts(name)
    }

    /// Has `queue` looked at whenever somebody asks for the metrics.
    pub(crate) fn watch_queue(&self, name: &'static str, queue: Arc<Queue<Name>>) {
        self.queues.watch(name, queue);
    }

    /// The object is gone: its series follow a while later, so that their last values are seen.
    pub(crate) fn forget(&self, kind: &Kind, name: &Name) {
        self.gone.add(kind.clone(), name.clone());
        self.drop_forgotten();
    }

    fn drop_forgotten(&self) {
        for (kind, name) in self.gone.due() {
            let objects = self.cache.read();
            let (namespace, object) = (name.0.as_str(), name.1.as_str());
            let is_back = match &kind {
                kind if *kind == Kind::ROLLOUT => objects.rollouts.get(namespace, object).is_some(),
                kind if *kind == Kind::EXPERIMENT => objects.experiments.get(namespace, object).is_some(),
                _ => objects.analysis_runs.get(namespace, object).is_some(),
            };
            if !is_back {
                self.tallies.forget(&kind, &name);
            }
        }
    }

    /// The exposition in the text format of Prometheus.
    pub(crate) fn exposition(&self) -> Result<String, prometheus::Error> {
        self.drop_forgotten();
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// The metrics of a [`Controller`](crate::Controller), for whoever wants them without a port.
#[derive(Clone)]
pub struct Exposition(pub(crate) Arc<Metrics>);

impl Exposition {
    /// They, in the text format of Prometheus.
    pub fn text(&self) -> Result<String, crate::Error> {
        Ok(self.0.exposition()?)
    }
}

#[cfg(test)]
mod tests;
