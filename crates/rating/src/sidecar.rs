//! A reverse proxy beside the service, which counts from outside of its process.
//!
//! A service that hangs or has crashed counts nothing any more, and a release that is judged by what it counted looks
//! healthy. The sidecar sees what its clients see: no answer is 502 or 504, and is counted so. The metric names, labels
//! and buckets are those of the service itself, so that queries need not care who counted.

mod forward;
mod route;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{StatusCode, header};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::drain::{Acceptor, Drained};
use crate::metrics::{CONTENT_TYPE, Metrics};
use crate::{Drain, Limits, StartError};
use forward::Forward;

/// How a sidecar is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SidecarConfig {
    /// Where clients come in; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `/metrics` is read; port 0 takes a free one.
    pub metrics: SocketAddr,
    /// Where the service listens.
    pub upstream: SocketAddr,
    /// What the `version` label says.
    pub version: String,
    /// Longest time for the service to begin its answer; after it the client gets 504.
    pub timeout: Duration,
    /// Longest time for a client to send the headers of its next request, as [`crate::Limits::idle`].
    pub idle: Duration,
    /// How long a connection to the service is kept for the next request. The service must keep it longer.
    pub keep: Duration,
    /// How to go away. The service's own notice must be longer than this one and the longest request together, or the
    /// last clients find nobody behind the proxy.
    pub drain: Drain,
}

impl SidecarConfig {
    /// In front of the service at `upstream`, on free loopback ports.
    pub fn before(upstream: SocketAddr, version: impl Into<String>) -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: free,
            metrics: free,
            upstream,
            version: version.into(),
            timeout: Duration::from_secs(6),
            idle: Limits::default().idle,
            keep: Duration::from_secs(30),
            drain: Drain::default(),
        }
    }
}

/// The sidecar, not running yet.
#[derive(Debug)]
pub struct Sidecar;

impl Sidecar {
    /// Listens on both addresses; requests are forwarded from the moment this returns. The service need not run yet.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
    /// use aviary_rating::{Config, Service, Sidecar, SidecarConfig};
    ///
    /// let service = Service::start(Config::default()).await?;
    /// let sidecar = Sidecar::start(SidecarConfig::before(service.addr(), "1.4.0")).await?;
    /// println!("curl http://{}/healthz; curl http://{}/metrics", sidecar.addr(), sidecar.metrics_addr());
    /// sidecar.shutdown().await;
    /// # service.shutdown().await;
    /// # Ok::<(), aviary_rating::StartError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn start(config: SidecarConfig) -> Result<RunningSidecar, StartError> {
        let metrics = Arc::new(Metrics::new(&config.version));
        let forward = Arc::new(Forward::new(&config, Arc::clone(&metrics)));
        let (listener, address) = bind(config.listen).await?;
        let (metrics_listener, metrics_address) = bind(config.metrics).await?;
        let stop = CancellationToken::new();
        let app = Router::new().fallback(forward::request).with_state(Arc::clone(&forward));
        let acceptor = Acceptor::new(app, config.idle);
        let server = tokio::spawn(acceptor.run(listener, stop.clone(), config.drain.deadline));
        let acceptor = Acceptor::new(router(metrics), config.idle);
        tokio::spawn(acceptor.run(metrics_listener, stop.clone(), Duration::ZERO));
        tracing::info!(%address, %metrics_address, upstream = %config.upstream, "sidecar listens");
        Ok(RunningSidecar { address, metrics_address, forward, drain: config.drain, stop, server })
    }
}

pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let real = listener.local_addr().map_err(failed)?;
    Ok((listener, real))
}

/// `/metrics` alone, and whether the process is well.
pub(crate) fn router(metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/metrics", get(read))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "only /metrics and /healthz are here\n") })
        .with_state(metrics)
}

async fn read(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics.encode())
}

/// A running sidecar. Dropping it lets it run on; [`RunningSidecar::shutdown`] ends it.
pub struct RunningSidecar {
    address: SocketAddr,
    metrics_address: SocketAddr,
    forward: Arc<Forward>,
    drain: Drain,
    stop: CancellationToken,
    server: JoinHandle<Drained>,
}

impl RunningSidecar {
    /// Where clients come in.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` is read.
    pub fn metrics_addr(&self) -> SocketAddr {
        self.metrics_address
    }

    /// Goes away without losing a request: during the notice everything is still forwarded, then nothing new is
    /// accepted and what runs is finished.
    pub async fn shutdown(self) -> Drained {
        self.forward.begin_drain();
        sleep(self.drain.notice).await;
        self.stop.cancel();
        self.server.await.unwrap_or_default()
    }
}
