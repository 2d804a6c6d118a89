//! What can be asked of a region: the seam between verdicts and the network.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use tokio::time::timeout;

use crate::check::Check;
use crate::error::Error;
use crate::report::Report;

/// What a region is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The checks, in order.
    pub checks: Vec<Check>,
    /// How long a region may take for all of them together.
    pub deadline: Duration,
}

/// Something that can be asked how a release does in one region.
#[async_trait]
pub trait Region: Send + Sync {
    /// Name of the region.
    fn name(&self) -> &str;
    /// What address its checks go to, for people.
    fn address(&self) -> &str;
    /// Runs the checks, with their retries. Not to get an answer at all is an error.
    async fn report(&self, target: &Target) -> Result<Report, Error>;
}

/// Asks all regions at the same time. One that takes too long is [`Error::Unreachable`]; it never holds up the others.
pub async fn report_all(
    regions: &[Box<dyn Region>],
    target: &Target,
) -> BTreeMap<String, Result<Report, Error>> {
    let reports = regions.iter().map(|region| async {
        let report = match timeout(target.deadline, region.report(target)).await {
            Ok(report) => report,
            Err(_) => Err(Error::Unreachable {
                region: region.name().to_owned(),
                url: region.address().to_owned(),
                seconds: target.deadline.as_secs(),
                reason: "the checks did not end in time".to_owned(),
            }),
        };
        (region.name().to_owned(), report)
    });
    join_all(reports).await.into_iter().collect()
}
