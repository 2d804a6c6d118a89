//! The controller: caches, queues, workers, and what starts and ends them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin;
use crate::analysis_runs::AnalysisRuns;
use crate::apply::Writer;
use crate::beacon_server::{self, Tls};
use crate::cache::{Cache, Name};
use crate::error::{Error, innermost};
use crate::events::Events;
use crate::gate::Gates;
use crate::journals::Journals;
use crate::lease::{Elector, Fence};
use crate::metrics::Metrics;
use crate::peers::Peers;
use crate::queue::{Outcome, Queue};
use crate::reflect::{Reflectors, Sinks};
use crate::rollouts::Rollouts;
use crate::secrets::Secrets;
use crate::settings::{BeaconSettings, Settings};
use crate::writes::Writes;

/// How long work that has begun may take to end when the controller stops.
const GRACE: Duration = Duration::from_secs(5);

/// A controller that is ready to run: its ports are open, the API server has answered.
pub struct Controller {
    client: Client,
    settings: Settings,
    health: Option<TcpListener>,
    metrics: Option<TcpListener>,
    beacons: Option<(TcpListener, Tls)>,
}

impl Controller {
    /// Opens the ports and asks the API server for its version, so that what is wrong is said at once.
    pub async fn new(client: Client, settings: Settings) -> Result<Self, Error> {
        if let Err(error) = client.apiserver_version().await {
            return Err(Error::Unreachable { server: settings.server, reason: innermost(&error) });
        }
        let health = match settings.health_address {
            Some(address) => Some(admin::listen(address, "--healthzPort").await?),
            None => None,
        };
        let metrics = match settings.metrics_address {
            Some(address) => Some(admin::listen(address, "--metricsPort").await?),
            None => None,
        };
        let beacons = match &settings.beacons {
            Some(BeaconSettings { address, tls }) => {
                Some((admin::listen(*address, "--beaconPort").await?, Tls::read(tls)?))
            }
            None => None,
        };
        Ok(Self { client, settings, health, metrics, beacons })
    }

    /// Where beacons are told: the port that the system chose, if none was asked for.
    pub fn beacon_address(&self) -> Option<SocketAddr> {
        self.beacons.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Runs until `stop` is cancelled or the lease is lost. Work that has begun is ended first.
    pub async fn run(self, stop: CancellationToken) -> Ended {
        let Self { client, settings, health, metrics: metrics_listener, beacons } = self;
        let cache = Arc::new(Cache::default());
        let metrics = Arc::new(Metrics::new(Arc::clone(&cache)));
        // Servers answer before the lease is held: followers are healthy and can be scraped.
        let servers = TaskTracker::new();
        let served = CancellationToken::new();
        if let Some(listener) = health {
            servers.spawn(cancellable(served.clone(), admin::serve_health(listener)));
        }
        if let Some(listener) = metrics_listener {
            servers.spawn(cancellable(served.clone(), admin::serve_metrics(listener, Arc::clone(&metrics))));
        }
        if let Some((listener, tls)) = beacons {
            servers.spawn(cancellable(served.clone(), beacon_server::serve(listener, tls, client.clone())));
        }
        let mut fence = fence(&client, &settings, &servers, &served);
        let ended = tokio::select! {
            () = stop.cancelled() => Ended::Stopped,
            () = fence.wait() => lead(&client, &settings, cache, metrics, fence, &stop).await,
        };
        served.cancel();
        if let Some(lease) = &settings.lease
            && let Err(error) = Elector::release(client, lease).await
        {
            tracing::warn!(%error, "the lease could not be given back; a successor waits until it runs out");
        }
        ended
    }
}

/// Why a controller ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to.
    Stopped,
    /// It lost the lease: another one leads.
    LeaseLost,
}

fn fence(client: &Client, settings: &Settings, servers: &TaskTracker, served: &CancellationToken) -> Fence {
    let Some(lease) = &settings.lease else {
        tracing::info!("leader election is off; this must be the only controller");
        return Fence::open();
    };
    let (elector, fence) = Elector::new(client.clone(), lease.clone(), settings.clock);
    servers.spawn(cancellable(served.clone(), elector.run()));
    fence
}

/// Works for as long as the lease is held.
async fn lead(
    client: &Client,
    settings: &Settings,
    cache: Arc<Cache>,
    metrics: Arc<Metrics>,
    mut fence: Fence,
    stop: &CancellationToken,
) -> Ended {
    let watching = CancellationToken::new();
    let tasks = TaskTracker::new();
    let parts = Parts::new(client, settings, cache, metrics, fence.clone(), &tasks, &watching);
    let working = CancellationToken::new();
    let workers = TaskTracker::new();
    tokio::select! {
        () = parts.reflectors.wait_until_synced() => parts.work(settings, &workers, &working),
        () = stop.cancelled() => {}
    }
    let ended = tokio::select! {
        () = stop.cancelled() => Ended::Stopped,
        () = fence.lost() => Ended::LeaseLost,
    };
    working.cancel();
    workers.close();
    if tokio::time::timeout(GRACE, workers.wait()).await.is_err() {
        tracing::warn!(
            seconds = GRACE.as_secs(),
            "some work did not end in time; the next controller goes on from there"
        );
    }
    if let Some(journals) = &parts.rollouts.journals {
        // What was decided last is not lost; a server that does not answer is not waited for.
        let _late = tokio::time::timeout(GRACE, journals.flush()).await;
    }
    watching.cancel();
    ended
}

/// The parts that work together while this controller leads.
struct Parts {
    sinks: Sinks,
    reflectors: Arc<Reflectors>,
    rollouts: Arc<Rollouts>,
    analysis_runs: Arc<AnalysisRuns>,
}

impl Parts {
    fn new(
        client: &Client,
        settings: &Settings,
        cache: Arc<Cache>,
        metrics: Arc<Metrics>,
        fence: Fence,
        tasks: &TaskTracker,
        watching: &CancellationToken,
    ) -> Self {
        let sinks = Sinks {
            cache: Arc::clone(&cache),
            rollouts: Arc::new(Queue::new()),
            analysis_runs: Arc::new(Queue::new()),
        };
        let reflectors =
            Reflectors::new(client.clone(), sinks.clone(), settings.namespace.clone(), watching.clone());
        let reflectors = Arc::new(reflectors);
        reflectors.start(settings, tasks);
        let (events, sending) = Events::new(client.clone(), settings.clock);
        tasks.spawn(cancellable(watching.clone(), sending));
        let writer = Writer::new(client.clone(), fence);
        let journals = settings.decision_journal.map(|most| {
            let (journals, keeping) = Journals::new(client.clone(), writer.clone(), most);
            tasks.spawn(cancellable(watching.clone(), keeping));
            journals
        });
        let home =
            settings.lease.as_ref().map_or("argo-rollouts", |lease| lease.namespace.as_str()).to_owned();
        let secrets = Secrets::new(client.clone(), home.clone());
        let peers = Peers::new(client.clone(), home, settings.peers.clone());
        let gates = Gates::new(Arc::clone(&sinks.rollouts), peers, settings, tasks.clone());
        let core =
            rollout::Settings { region: settings.region.clone(), instance_id: settings.instance_id.clone() };
        let rollouts = Arc::new(Rollouts {
            client: client.clone(),
            cache: Arc::clone(&cache),
            reflectors: Arc::clone(&reflectors),
            tasks: tasks.clone(),
            writer: writer.clone(),
            writes: Writes::default(),
            events: events.clone(),
            gates,
            journals,
            metrics: Arc::clone(&metrics),
            clock: settings.clock,
            settings: Arc::new(core),
        });
        let analysis_runs = Arc::new(AnalysisRuns::new(cache, writer, secrets, events, metrics, settings));
        Self { sinks, reflectors, rollouts, analysis_runs }
    }

    /// Starts the workers.
    fn work(&self, settings: &Settings, workers: &TaskTracker, working: &CancellationToken) {
        for _ in 0..settings.rollout_workers {
            let rollouts = Arc::clone(&self.rollouts);
            let pass = move |name: Name| {
                let rollouts = Arc::clone(&rollouts);
                async move { rollouts.work(&name).await }
            };
            workers.spawn(worker(Arc::clone(&self.sinks.rollouts), working.clone(), pass));
        }
        for _ in 0..settings.analysis_workers {
            let runs = Arc::clone(&self.analysis_runs);
            let pass = move |name: Name| {
                let runs = Arc::clone(&runs);
                async move { runs.work(&name).await }
            };
            workers.spawn(worker(Arc::clone(&self.sinks.analysis_runs), working.clone(), pass));
        }
    }
}

/// Takes keys from a queue, one at a time, until it is told to stop; a pass that has begun is ended.
async fn worker<F, P>(queue: Arc<Queue<Name>>, working: CancellationToken, pass: F)
where
    F: Fn(Name) -> P,
    P: Future<Output = Outcome> + Send + 'static,
{
    loop {
        let name = tokio::select! {
            biased;
            () = working.cancelled() => return,
            name = queue.next() => name,
        };
        // A panic is one failed pass, not the end of a worker.
        let outcome = match tokio::spawn(pass(name.clone())).await {
            Ok(outcome) => outcome,
            Err(panic) => {
                tracing::error!(namespace = %name.0, name = %name.1, %panic, "a pass panicked; please report this");
                Outcome::Failed
            }
        };
        queue.done(&name, outcome);
    }
}

/// Runs a task until it ends or `token` is cancelled.
async fn cancellable(token: CancellationToken, task: impl Future<Output = ()>) {
    token.run_until_cancelled(task).await;
}
