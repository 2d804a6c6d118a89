//! What is asked of systems outside of the cluster: metrics, and the endpoints of this region.

use std::fmt;

use async_trait::async_trait;
use crd::Metric;
use metric_providers::{Clients, Ctx, Reading};
use parking_lot::Mutex;
use regions::{Endpoint, HttpRegion, Region as _, Report, Target};
use rollout::analysis::How;

/// Systems outside of the cluster. A test in virtual time plays them: a paused clock and real sockets do not go
/// together.
#[async_trait]
pub trait Outside: Send + Sync {
    /// Takes, continues or ends one measurement.
    async fn measure(&self, ctx: &Ctx<'_>, how: &How, metric: &Metric) -> Reading;
    /// Runs the checks of a gate against the endpoint of this region.
    async fn check(
        &self,
        region: &str,
        endpoint: &Endpoint,
        target: &Target,
    ) -> Result<Report, regions::Error>;
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
    /// What was checked last: a controller has one region.
    last: Mutex<Option<(Endpoint, HttpRegion)>>,
}

impl Network {
    fn region(&self, name: &str, endpoint: &Endpoint) -> Result<HttpRegion, regions::Error> {
        // Authorities are renewed while the controller runs: their file is read each time.
        if endpoint.ca_file.is_some() {
            return HttpRegion::new(name, endpoint);
        }
        let mut last = self.last.lock();
        let known = last.as_ref().filter(|(known, region)| region.name() == name && known == endpoint);
        if let Some((_, region)) = known {
            return Ok(region.clone());
        }
        let region = HttpRegion::new(name, endpoint)?;
        *last = Some((endpoint.clone(), region.clone()));
        Ok(region)
    }
}

#[async_trait]
impl Outside for Network {
    async fn measure(&self, ctx: &Ctx<'_>, how: &How, metric: &Metric) -> Reading {
        let before = match how {
            How::New => None,
            How::Resume(before) | How::Terminate(before) => Some(before),
        };
        let ctx = &Ctx { clients: self.clients.clone(), measurement: before, ..ctx.clone() };
        match how {
            How::New => metric_providers::read(ctx, metric).await,
            How::Resume(before) => metric_providers::resume(ctx, metric, &before.metadata).await,
            How::Terminate(before) => metric_providers::terminate(ctx, metric, &before.metadata).await,
        }
    }

    async fn check(
        &self,
        region: &str,
        endpoint: &Endpoint,
        target: &Target,
    ) -> Result<Report, regions::Error> {
        self.region(region, endpoint)?.report(target).await
    }
}
