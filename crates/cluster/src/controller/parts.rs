//! The parts that work together while a controller leads.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kube::Client;
use metric_providers::Plugins;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cancellable;
use crate::analysis_runs::AnalysisRuns;
use crate::apply::Writer;
use crate::cache::{Cache, Name};
use crate::config::{self, Config};
use crate::events::Events;
use crate::experiments::Experiments;
use crate::gate::Gates;
use crate::jobs::{ClusterJobs, Watched};
use crate::journals::Journals;
use crate::lease::Fence;
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::peers::Peers;
use crate::queue::{Outcome, Queue};
use crate::reflect::{Reflectors, Sinks};
use crate::requests::Way;
use crate::rollouts::Rollouts;
use crate::secrets::Secrets;
use crate::services::Services;
use crate::settings::Settings;
use crate::taken::Taken;
use crate::writes::Writes;

/// The parts that work together while a controller leads.
pub(super) struct Parts {
    sinks: Sinks,
    reflectors: Arc<Reflectors>,
    rollouts: Arc<Rollouts>,
    analysis_runs: Arc<AnalysisRuns>,
    experiments: Arc<Experiments>,
    services: Arc<Services>,
}

impl Parts {
    pub(super) fn new(
        way: &Way,
        settings: &Settings,
        cache: Arc<Cache>,
        config: Config,
        fence: Fence,
        tasks: &TaskTracker,
        watching: &CancellationToken,
    ) -> Self {
        let client = way.fenced(fence.clone());
        let metrics = way.metrics();
        let (events, sending) = Events::new(client.clone(), settings.clock);
        tasks.spawn(cancellable(watching.clone(), sending));
        let sinks = Sinks {
            cache: Arc::clone(&cache),
            rollouts: queue(metrics, "Rollouts"),
            analysis_runs: queue(metrics, "AnalysisRuns"),
            experiments: queue(metrics, "Experiments"),
            services: queue(metrics, "Services"),
            events: events.clone(),
            metrics: Arc::clone(metrics),
        };
        let jobs = jobs(way, settings, fence, &sinks, (tasks, watching));
        let reflectors =
            Reflectors::new(client.clone(), sinks.clone(), settings.namespace.clone(), watching.clone());
        let reflectors = Arc::new(reflectors);
        reflectors.start(settings, tasks);
        let home = settings.home.clone();
        let writer = Writer::new(client.clone(), Arc::clone(&cache));
        let journals = settings.decision_journal.map(|most| {
            let (journals, keeping) = Journals::new(client.clone(), writer.clone(), most);
            tasks.spawn(cancellable(watching.clone(), keeping));
            journals
        });
        let secrets = Secrets::new(client.clone(), home.clone());
        let peers = Peers::new(client.clone(), home.clone(), settings.peers.clone());
        let gates = Gates::new(Arc::clone(&sinks.rollouts), peers, settings, tasks.clone());
        let (Configured { core: known, plugins }, following) =
            configured(client.clone(), config, settings, sinks.clone());
        tasks.spawn(cancellable(watching.clone(), following));
        let rollouts = Arc::new(Rollouts {
            client: client.clone(),
            sinks: sinks.clone(),
            reflectors: Arc::clone(&reflectors),
            tasks: tasks.clone(),
            writer: writer.clone(),
            writes: Writes::default(),
            taken: Taken::default(),
            events: events.clone(),
            gates,
            journals,
            pace: Pace::default(),
            metrics: Arc::clone(metrics),
            clock: settings.clock,
            settings: known.clone(),
        });
        let experiments = Arc::new(Experiments {
            sinks: sinks.clone(),
            writer: writer.clone(),
            writes: Writes::default(),
            events: events.clone(),
            metrics: Arc::clone(metrics),
            clock: settings.clock,
            settings: known,
        });
        let services = Arc::new(Services {
            client: client.clone(),
            cache: Arc::clone(&cache),
            writer: writer.clone(),
            rollouts: Arc::clone(&sinks.rollouts),
        });
        let metrics = Arc::clone(metrics);
        let analysis_runs =
            AnalysisRuns::new(sinks.clone(), writer, secrets, events, metrics, settings, (jobs, plugins));
        let analysis_runs = Arc::new(analysis_runs);
        Self { sinks, reflectors, rollouts, analysis_runs, experiments, services }
    }

    /// Waits until the cache holds what the API server has.
    pub(super) async fn wait_until_synced(&self) {
        self.reflectors.wait_until_synced().await;
    }

    /// Waits until what was decided is in its journal.
    pub(super) async fn flush(&self) {
        if let Some(journals) = &self.rollouts.journals {
            journals.flush().await;
        }
    }

    /// Starts the workers.
    pub(super) fn work(&self, settings: &Settings, workers: &TaskTracker, working: &CancellationToken) {
        let Self { sinks, rollouts, analysis_runs, experiments, services, reflectors: _ } = self;
        if let Some(period) = settings.resync {
            workers.spawn(cancellable(working.clone(), resync(sinks.clone(), period)));
        }
        let crew = Crew { workers, working };
        crew.start(settings.rollout_workers, &sinks.rollouts, rollouts, |rollouts, name| async move {
            rollouts.work(&name).await
        });
        // They see to it themselves that not too many decide at once: most of their time they wait for metric systems.
        crew.start_all(
            &sinks.analysis_runs,
            analysis_runs,
            |runs, name| async move { runs.work(&name).await },
        );
        crew.start(
            settings.experiment_workers,
            &sinks.experiments,
            experiments,
            |experiments, name| async move { experiments.work(&name).await },
        );
        crew.start(settings.service_workers, &sinks.services, services, |services, name| async move {
            services.work(&name).await
        });
    }
}

/// Where workers are started.
struct Crew<'a> {
    workers: &'a TaskTracker,
    working: &'a CancellationToken,
}

impl Crew<'_> {
    /// Starts so many workers on a queue; each makes passes with what they share.
    fn start<S, F, P>(&self, count: usize, queue: &Arc<Queue<Name>>, shared: &Arc<S>, pass: P)
    where
        S: Send + Sync + 'static,
        P: Fn(Arc<S>, Name) -> F + Copy + Send + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        for _ in 0..count {
            let shared = Arc::clone(shared);
            let pass = move |name| pass(Arc::clone(&shared), name);
            self.workers.spawn(worker(Arc::clone(queue), self.working.clone(), pass));
        }
    }

    /// Makes every pass that is due at once, each by itself: none waits for another to end.
    fn start_all<S, F, P>(&self, queue: &Arc<Queue<Name>>, shared: &Arc<S>, pass: P)
    where
        S: Send + Sync + 'static,
        P: Fn(Arc<S>, Name) -> F + Copy + Send + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (queue, shared) = (Arc::clone(queue), Arc::clone(shared));
        let (workers, working) = (self.workers.clone(), self.working.clone());
        self.workers.spawn(async move {
            while let Some(name) = next(&queue, &working).await {
                let (queue, pass) = (Arc::clone(&queue), pass(Arc::clone(&shared), name.clone()));
                workers.spawn(async move { carry_out(&queue, name, pass).await });
            }
        });
    }
}

/// The Jobs of metrics, in this cluster or in another one.
fn jobs(
    way: &Way,
    settings: &Settings,
    fence: Fence,
    sinks: &Sinks,
    (tasks, watching): (&TaskTracker, &CancellationToken),
) -> ClusterJobs {
    let way = settings.jobs.as_ref().map_or_else(|| way.clone(), |other| way.to(other.clone()));
    let (client, elsewhere) = (way.fenced(fence), settings.jobs.is_some());
    let watched = Watched {
        client: client.clone(),
        // Rights in another cluster, or of a controller of one namespace, may be for one namespace.
        everywhere: !elsewhere && settings.namespace.is_none(),
        runs: Arc::clone(&sinks.analysis_runs),
        cache: Arc::clone(&sinks.cache),
        tasks: tasks.clone(),
        stop: watching.clone(),
        known: Mutex::default(),
    };
    ClusterJobs { client, elsewhere, watched: Arc::new(watched) }
}

/// What changes with the configuration.
struct Configured {
    /// What decisions depend on.
    core: watch::Receiver<Arc<rollout::Settings>>,
    /// Programs that measure.
    plugins: watch::Receiver<Plugins>,
}

/// What the configuration says, and the task that follows it.
fn configured(
    client: Client,
    config: Config,
    settings: &Settings,
    sinks: Sinks,
) -> (Configured, impl Future<Output = ()> + use<>) {
    let (sender, core) = watch::channel(Arc::new(core_settings(settings, &config)));
    let (programs, plugins) = watch::channel(config.plugins());
    let listed = Mutex::new(config.metric_plugins.clone());
    let given = settings.clone();
    let following = config::follow(client, settings.home.clone(), config, move |config| {
        sender.send_replace(Arc::new(core_settings(&given, config)));
        // Programs that run go on, unless the list has changed.
        let mut listed = listed.lock();
        if *listed != config.metric_plugins {
            listed.clone_from(&config.metric_plugins);
            programs.send_replace(config.plugins());
        }
        sinks.wake_all();
    });
    (Configured { core, plugins }, following)
}

fn queue(metrics: &Metrics, name: &'static str) -> Arc<Queue<Name>> {
    let queue = Arc::new(Queue::new(metrics.queue(name)));
    metrics.watch_queue(name, Arc::clone(&queue));
    queue
}

/// What decisions depend on.
fn core_settings(settings: &Settings, config: &Config) -> rollout::Settings {
    rollout::Settings {
        region: settings.region.clone(),
        instance_id: settings.instance_id.clone(),
        disabled_plugins: config.disabled_steps.clone(),
        accept_no_success: settings.accept_no_success,
    }
}

/// Has everything looked at once a period, should a notice ever have been lost.
async fn resync(sinks: Sinks, period: Duration) {
    loop {
        tokio::time::sleep(period).await;
        sinks.wake_all();
    }
}

/// Takes keys from a queue, one at a time, until it is told to stop; a pass that has begun is ended.
async fn worker<F, P>(queue: Arc<Queue<Name>>, working: CancellationToken, pass: F)
where
    F: Fn(Name) -> P,
    P: Future<Output = Outcome> + Send + 'static,
{
    while let Some(name) = next(&queue, &working).await {
        let pass = pass(name.clone());
        carry_out(&queue, name, pass).await;
    }
}

/// The next key, until it is told to stop.
async fn next(queue: &Queue<Name>, working: &CancellationToken) -> Option<Name> {
    tokio::select! {
        biased;
        () = working.cancelled() => None,
        name = queue.next() => Some(name),
    }
}

/// Makes a pass; a panic is one failed pass, not the end of a worker.
async fn carry_out(queue: &Queue<Name>, name: Name, pass: impl Future<Output = Outcome>) {
    let outcome = AssertUnwindSafe(pass).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(namespace = %name.0, name = %name.1, "a pass panicked; please report this");
        Outcome::Failed
    });
    queue.done(&name, outcome);
}
