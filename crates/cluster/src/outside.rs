//! What is asked of systems outside of the cluster: metrics, and the endpoints of this region.

use std::fmt;

use async_trait::async_trait;
use crd::Metric;
use metric_providers::{Clients, Ctx, Reading};
use parking_lot::Mutex;
use regions::{HttpRegion, Region as _, Report, Target};
use rollout::analysis::How;

/// Systems outside of the cluster. A test in virtual time plays them: a paused clock and real sockets do not go
/// together.
#[async_trait]
pub trait Outside: Send + Sync {
    /// Takes, continues or ends one measurement.
    async fn measure(&self, ctx: &Ctx<'_>, how: &How, metric: &Metric) -> Reading;
    /// Runs the checks of a gate against the endpoint of this region.
    async fn check(&self, region: &str, address: &str, target: &Target) -> Result<Report, regions::Error>;
}

impl fmt::Debug for dyn Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

/// Over the network: the metric providers, and HTTP checks.
#[derive(Debug, Default)]
pub(crate) struct Network {
    clients: Clients,
    /// The endpoint that was checked last: a controller has one.
    endpoint: Mutex<Option<HttpRegion>>,
}

impl Network {
    fn endpoint(&self, region: &str, address: &str) -> Result<HttpRegion, regions::Error> {
        let mut last = self.endpoint.lock();
        if let Some(endpoint) =
            last.as_ref().filter(|it| it.name() == region && it.address() == address.trim_end_matches('/'))
        {
            return Ok(endpoint.clone());
        }
        Ok(last.insert(HttpRegion::new(region, address)?).clone())
    }
}

#[async_trait]
impl Outside for Network {
    async fn measure(&self, ctx: &Ctx<'_>, how: &How, metric: &Metric) -> Reading {
        let ctx = &Ctx { clients: self.clients.clone(), ..ctx.clone() };
        match how {
            How::New => metric_providers::read(ctx, metric).await,
            How::Resume(before) => metric_providers::resume(ctx, metric, &before.metadata).await,
            How::Terminate(before) => metric_providers::terminate(ctx, metric, &before.metadata).await,
        }
    }

    async fn check(&self, region: &str, address: &str, target: &Target) -> Result<Report, regions::Error> {
        self.endpoint(region, address)?.report(target).await
    }
}
