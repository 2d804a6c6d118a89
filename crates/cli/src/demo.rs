//! Two regions on this machine, and releases through both: `aviary demo`.
//!
//! Everything but the size is real: API servers, controllers, pods that serve HTTP, a gateway, metrics, and clients
//! that send requests the whole time. [`releases`] says what is released and how it must end, [`observe`] reads what
//! the regions show, [`report`] says how it ended; [`stage`] holds the parts that run, and [`run`] leads through them.

mod facts;
mod keep;
mod load;
mod manifests;
mod observe;
mod pace;
mod place;
mod print;
mod release;
mod releases;
mod report;
mod screen;
mod show;
mod stage;
mod tally;
mod twin;

use std::net::SocketAddr;
use std::time::Duration;

pub(crate) use pace::Pace;
pub(crate) use print::summary;
pub(crate) use releases::{RELEASES, Release, named};
pub(crate) use report::Report;
pub(crate) use show::Show;

use crate::{Error, Io, stop};
use stage::Stage;

/// The regions of the demo, the first listed first.
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];
/// Namespace of the worked example.
const NAMESPACE: &str = "openclaw";
/// Name of its Rollout.
const ROLLOUT: &str = "openclaw-rating-api";
/// Host that its clients ask for.
const HOST: &str = "api.openclaw.example.com";

/// What is to be shown, and how.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// By how much it is quicker than the manifests say.
    pub(crate) pace: Pace,
    /// Requests per second that the clients of each region send.
    pub(crate) rate: u32,
    /// The releases, in this order.
    pub(crate) releases: Vec<&'static Release>,
    /// First of the ports to listen on; free ones when `None`.
    pub(crate) port: Option<u16>,
    /// Address of a Prometheus that is asked instead of the regions' own.
    pub(crate) prometheus: Option<String>,
    /// How it is shown while it runs.
    pub(crate) show: Show,
    /// Whether it goes on after the last release, until it is asked to stop.
    pub(crate) keep: bool,
}

/// Brings the regions up, releases, and reports. `Err` is what kept the demo from running.
pub(crate) async fn run(options: Options, io: &mut Io<'_>) -> Result<Report, Error> {
    let mut stage = Stage::open(&options, io).await?;
    let mut report = tokio::select! {
        report = play(&mut stage, &options, io) => report,
        () = stop::asked() => Err(Error::new("stopped before the last release was over")),
    };
    if let Ok(report_so_far) = &report
        && options.keep
        && let Err(error) = keep::run(&mut stage, report_so_far, io).await
    {
        report = Err(error);
    }
    stage.close().await;
    report
}

async fn play(stage: &mut Stage, options: &Options, io: &mut Io<'_>) -> Result<Report, Error> {
    stage.settle_first_version(io).await?;
    let mut reports = Vec::new();
    for release in &options.releases {
        reports.push(release::run(stage, release, io).await?);
    }
    Ok(Report::new(options, reports))
}

/// The ports of one region: API server, gateway, metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ports {
    api: u16,
    gateway: u16,
    prometheus: u16,
}

impl Ports {
    /// Those of the region at `index` when the first port of all is `first`; free ones without it.
    fn of(first: Option<u16>, index: usize) -> Self {
        let Some(first) = first else { return Self::default() };
        let port = |at: usize| first.saturating_add(u16::try_from(index * 3 + at).unwrap_or(u16::MAX));
        Self { api: port(0), gateway: port(1), prometheus: port(2) }
    }
}

/// Where the parts of a region listen.
#[derive(Clone, Debug)]
struct Addresses {
    api: SocketAddr,
    gateway: SocketAddr,
    prometheus: SocketAddr,
}

/// Longest time that a release may take at `pace`: twice what its schedule says, and time for a busy machine.
fn patience(pace: Pace) -> Duration {
    pace.scale(Duration::from_secs(2 * 3 * 450)) + Duration::from_secs(60)
}
