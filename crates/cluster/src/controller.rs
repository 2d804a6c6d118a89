//! The controller: caches, queues, workers, and what starts and ends them.

mod parts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin;
use crate::beacon_server::{self, Tls};
use crate::cache::Cache;
use crate::config::Config;
use crate::error::{Error, innermost};
use crate::lease::{Elector, Fence};
use crate::metrics::{Exposition, Metrics};
use crate::requests::Way;
use crate::settings::{BeaconSettings, Settings};
use crate::version::Build;
use parts::Parts;

/// How long work that has begun may take to end when the controller stops.
const GRACE: Duration = Duration::from_secs(5);

/// A controller that is ready to run: its ports are open, the API server has answered, its configuration is read.
pub struct Controller {
    way: Way,
    settings: Settings,
    cache: Arc<Cache>,
    config: Config,
    health: Option<TcpListener>,
    metrics: Option<TcpListener>,
    beacons: Option<(TcpListener, Tls)>,
}

impl Controller {
    /// Asks the API server for its version, reads the configuration, and opens the ports, so that what is wrong is said at
    /// once.
    pub async fn new(client: Client, settings: Settings) -> Result<Self, Error> {
        let port = |address: Option<SocketAddr>| address.map_or(0, |address| address.port());
        tracing::info!(
            version = %Build::CURRENT, namespace = settings.namespace.as_deref().unwrap_or_default(),
            instanceID = %settings.instance_id, metricsPort = port(settings.metrics_address),
            healthzPort = port(settings.health_address), "aviary controller starting"
        );
        let cache = Arc::new(Cache::default());
        let metrics = Arc::new(Metrics::new(Arc::clone(&cache), settings.controllers)?);
        let way = Way::new(client, settings.rate, metrics);
        if let Err(error) = way.open().apiserver_version().await {
            return Err(Error::Unreachable { server: settings.server, reason: innermost(&error) });
        }
        let config = Config::read(way.open(), &settings.home).await?;
        config.say_what_is_unserved();
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
        Ok(Self { way, settings, cache, config, health, metrics, beacons })
    }

    /// The metrics, which are also told on their port.
    pub fn exposition(&self) -> Exposition {
        Exposition(Arc::clone(self.way.metrics()))
    }

    /// Where metrics are told: the port that the system chose, if none was asked for.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Where health is told: likewise.
    pub fn health_address(&self) -> Option<SocketAddr> {
        self.health.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Where beacons are told: the port that the system chose, if none was asked for.
    pub fn beacon_address(&self) -> Option<SocketAddr> {
        self.beacons.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Runs until `stop` is cancelled or the lease is lost. Work that has begun is ended first.
    pub async fn run(self, stop: CancellationToken) -> Ended {
        let Self { way, settings, cache, config, health, metrics: metrics_listener, beacons } = self;
        // Servers answer before the lease is held: followers are healthy and can be scraped.
        let servers = TaskTracker::new();
        let served = CancellationToken::new();
        if let Some(listener) = health {
            servers.spawn(cancellable(served.clone(), admin::serve_health(listener)));
        }
        if let Some(listener) = metrics_listener {
            let metrics = Arc::clone(way.metrics());
            servers.spawn(cancellable(served.clone(), admin::serve_metrics(listener, metrics)));
        }
        if let Some((listener, tls)) = beacons {
            servers.spawn(cancellable(served.clone(), beacon_server::serve(listener, tls, way.open())));
        }
        let (elector, mut fence) = elector(&way, &settings);
        let ended = tokio::select! {
            () = stop.cancelled() => Ended::Stopped,
            () = fence.wait() => {
                let mut config = config;
                if settings.lease.is_some() {
                    tracing::info!("this controller leads");
                    // It may have waited for long.
                    match Config::read(way.open(), &settings.home).await {
                        Ok(now) => config = now,
                        Err(error) => tracing::warn!("{error}; what it said before stays in force"),
                    }
                }
                lead(&way, &settings, cache, config, fence, &stop).await
            }
        };
        served.cancel();
        step_down(&way, &settings, elector).await;
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

/// Starts to compete for the lease; the fence says how that goes.
fn elector(way: &Way, settings: &Settings) -> (Option<JoinHandle<()>>, Fence) {
    let Some(lease) = &settings.lease else {
        tracing::info!("leader election is off; this must be the only controller");
        return (None, Fence::open());
    };
    let (elector, fence) = Elector::new(way.open(), lease.clone(), settings.clock);
    (Some(tokio::spawn(elector.run())), fence)
}

/// Ends the competition, which shuts the fence, and only then gives the lease back: what is not ended yet cannot write
/// beside the next leader.
async fn step_down(way: &Way, settings: &Settings, elector: Option<JoinHandle<()>>) {
    let (Some(lease), Some(elector)) = (&settings.lease, elector) else { return };
    elector.abort();
    // It was cancelled: there is nothing to learn from how it ended.
    let _ = elector.await;
    let released = tokio::time::timeout(GRACE, Elector::release(way.open(), lease)).await;
    let problem = match released {
        Ok(Ok(())) => return,
        Ok(Err(error)) => innermost(&error),
        Err(_) => format!("no answer within {} s", GRACE.as_secs()),
    };
    tracing::warn!(%problem, "the lease could not be given back; a successor waits until it runs out");
}

/// Works for as long as the lease is held.
async fn lead(
    way: &Way,
    settings: &Settings,
    cache: Arc<Cache>,
    config: Config,
    mut fence: Fence,
    stop: &CancellationToken,
) -> Ended {
    let watching = CancellationToken::new();
    let tasks = TaskTracker::new();
    let parts = Parts::new(way, settings, cache, config, fence.clone(), &tasks, &watching);
    let working = CancellationToken::new();
    let workers = TaskTracker::new();
    tokio::select! {
        () = parts.wait_until_synced() => parts.work(settings, &workers, &working),
        () = stop.cancelled() => {}
        () = fence.lost() => {}
    }
    let ended = tokio::select! {
        () = stop.cancelled() => Ended::Stopped,
        () = fence.lost() => {
            tracing::warn!("this controller leads no more: its lease was lost, or not renewed in time");
            Ended::LeaseLost
        }
    };
    working.cancel();
    workers.close();
    if tokio::time::timeout(GRACE, workers.wait()).await.is_err() {
        tracing::warn!(
            seconds = GRACE.as_secs(),
            "some work did not end in time; the next controller goes on from there"
        );
    }
    // What was decided last is not lost; a server that does not answer is not waited for.
    let _late = tokio::time::timeout(GRACE, parts.flush()).await;
    watching.cancel();
    ended
}

/// Runs a task until it ends or `token` is cancelled.
async fn cancellable(token: CancellationToken, task: impl Future<Output = ()>) {
    token.run_until_cancelled(task).await;
}
