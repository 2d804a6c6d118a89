//! The gateway: a real reverse proxy that does what HTTPRoutes say, and says so in their status.
//!
//! A request is sent by its host:
//!
//! | host | goes to |
//! |---|---|
//! | one of `RegionConfig::hosts` | that address |
//! | `<service>.<namespace>.svc` (with or without `.cluster.local`) | the ready pods of that Service: the way to pin a check |
//! | anything else | the HTTPRoute that matches best, split by the weights of its backends |
//!
//! It also takes requests in absolute form, so a client that is given it as its HTTP proxy can use the names of the
//! cluster as they stand in manifests. Clients that cannot choose a host ask for [`Gateway::expose`]: a port that
//! leads to one Service.
//!
//! A pod that is not ready or is being deleted gets no new request. A request is sent again, to another pod, only
//! when it was never sent (the connection failed), or when it is idempotent by its method or by an
//! `idempotency-key`. Weights are exact over every cycle of requests.

mod accepted;
mod balance;
mod destination;
mod follow;
mod ledger;
mod matching;
mod proxy;
mod route;
mod table;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use kube::Client;
use parking_lot::RwLock;
use tokio::net::TcpListener;

use crate::watch::Tasks;
use destination::Target;
use proxy::Proxy;
use table::Table;

pub use follow::CONTROLLER;
pub use ledger::{Ledger, Row, Seen};

/// How a gateway is to behave.
#[derive(Clone, Debug, Default)]
pub(crate) struct GatewayConfig {
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Hosts that lead to an address instead of a Service, such as `prometheus.monitoring.svc`.
    pub hosts: BTreeMap<String, SocketAddr>,
}

/// A running gateway.
#[derive(Clone)]
pub struct Gateway {
    address: SocketAddr,
    proxy: Arc<Proxy>,
    tasks: Tasks,
}

impl Gateway {
    /// Listens, and follows the cluster behind `client`.
    pub(crate) async fn start(client: Client, config: GatewayConfig, tasks: &Tasks) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let address = listener.local_addr()?;
        let table = Arc::new(RwLock::new(Arc::new(Table::default())));
        follow::start(client, Arc::clone(&table), tasks);
        let proxy = Arc::new(Proxy::new(table, config.hosts));
        let gateway = Self { address, proxy, tasks: tasks.clone() };
        gateway.serve(listener, Target::ByHost);
        Ok(gateway)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// What clients saw so far.
    pub fn ledger(&self) -> &Ledger {
        &self.proxy.ledger
    }

    /// Opens a port that leads to one Service alone, whatever host a request names.
    pub async fn expose(&self, namespace: &str, service: &str) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        self.serve(listener, Target::Service { namespace: namespace.to_owned(), name: service.to_owned() });
        Ok(address)
    }

    /// How many pods a Service can send to now.
    pub fn endpoints(&self, namespace: &str, service: &str) -> usize {
        self.proxy.table().service(namespace, service).map_or(0, |service| service.endpoints.len())
    }

    fn serve(&self, listener: TcpListener, target: Target) {
        let (proxy, stop) = (Arc::clone(&self.proxy), self.tasks.stop.clone());
        let handler = move |request| {
            let (proxy, target) = (Arc::clone(&proxy), target.clone());
            async move { proxy.handle(&target, request).await }
        };
        let app: Router = Router::new().fallback(any(handler));
        let listener = listener.tap_io(|connection| {
            // A connection that refuses is served all the same, only slower.
            let _slow = connection.set_nodelay(true);
        });
        self.tasks.tracker.spawn(async move {
            let serving =
                axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await });
            if let Err(error) = serving.await {
                tracing::warn!(%error, "the gateway stopped");
            }
        });
    }
}
