//! Starting an instance, and ending it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::{App, MetricsHere, Settings, router};
use crate::drain::{Acceptor, Drained};
use crate::{Config, Drain, Faults, MemoryStore, Storage, Store, StoreError, sidecar};

/// The rating service, not running yet.
#[derive(Debug)]
pub struct Service;

/// Why an instance did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The version cannot be a header value.
    #[error("version {0:?} has characters that a response header cannot carry")]
    Version(String),
}

impl Service {
    /// Opens the store and listens; requests are served from the moment this returns.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let Config {
            listen,
            metrics,
            version,
            storage,
            read_cache,
            limits,
            drain,
            tokens,
            flags,
            origins,
            faults,
        } = config;
        let version = HeaderValue::from_str(&version).map_err(|_| StartError::Version(version))?;
        let faults = Faults::new(faults);
        let app = Arc::new(App::new(
            version,
            open(storage).await?,
            Settings { limits, tokens, flags, origins, faults, read_cache },
        ));
        let (listener, address) = sidecar::bind(listen).await?;
        let stop = CancellationToken::new();
        let here = if metrics.is_some() { MetricsHere::No } else { MetricsHere::Yes };
        let metrics_address = match metrics {
            None => address,
            Some(metrics) => {
                let (listener, address) = sidecar::bind(metrics).await?;
                let acceptor = Acceptor::new(sidecar::router(Arc::clone(&app.metrics)), limits.idle);
                tokio::spawn(acceptor.run(listener, stop.clone(), Duration::ZERO));
                address
            }
        };
        let acceptor = Acceptor::new(router(Arc::clone(&app), here), limits.idle);
        let server = tokio::spawn(acceptor.run(listener, stop.clone(), drain.deadline));
        tracing::info!(%address, version = app.version.to_str().unwrap_or_default(), "rating service listens");
        Ok(Running { address, metrics_address, app, drain, stop, server })
    }
}

// Only a database takes time to open.
#[cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(clippy::unused_async))]
async fn open(storage: Storage) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match storage {
        Storage::Memory => Arc::new(MemoryStore::default()),
        #[cfg(feature = "sqlite")]
        Storage::File(path) => Arc::new(crate::SqliteStore::open(&path).await?),
        #[cfg(feature = "postgres")]
        Storage::Postgres(url) => Arc::new(crate::PostgresStore::connect(&url).await?),
        Storage::Shared(store) => store,
    })
}

/// A running instance. Dropping it lets it run on; [`Running::shutdown`] ends it.
pub struct Running {
    address: SocketAddr,
    metrics_address: SocketAddr,
    app: Arc<App>,
    drain: Drain,
    stop: CancellationToken,
    server: JoinHandle<Drained>,
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where its metrics are read.
    pub fn metrics_addr(&self) -> SocketAddr {
        self.metrics_address
    }

    /// Its base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its fault switches.
    pub fn faults(&self) -> Faults {
        self.app.faults.clone()
    }

    /// Goes away without losing a request: `/readyz` turns 503, the notice passes while everything is still served,
    /// then nothing new is accepted and what runs is finished.
    pub async fn shutdown(self) -> Drained {
        self.app.begin_drain();
        sleep(self.drain.notice).await;
        self.stop.cancel();
        self.server.await.unwrap_or_default()
    }
}
