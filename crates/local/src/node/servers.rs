//! The servers of one pod.

use std::net::SocketAddr;

use rating::{Drained, Running, RunningSidecar};

/// The service, and the proxy before it where the pod has one.
pub(super) struct Servers {
    pub(super) service: Running,
    pub(super) sidecar: Option<RunningSidecar>,
}

impl Servers {
    /// Where clients come in.
    pub(super) fn address(&self) -> SocketAddr {
        self.sidecar.as_ref().map_or(self.service.addr(), RunningSidecar::addr)
    }

    /// Where the metrics are read that count for the pod.
    pub(super) fn metrics(&self) -> SocketAddr {
        self.sidecar.as_ref().map_or(self.service.metrics_addr(), RunningSidecar::metrics_addr)
    }

    /// Both go away, the proxy first: what it has accepted it still forwards.
    pub(super) async fn shutdown(self) -> Drained {
        let proxied = match self.sidecar {
            Some(sidecar) => sidecar.shutdown().await,
            None => Drained::default(),
        };
        let served = self.service.shutdown().await;
        Drained { finished: proxied.finished + served.finished, cut: proxied.cut + served.cut }
    }
}
