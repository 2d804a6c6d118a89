//! Settings of the controller.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use metric_providers::Egress;

use crate::clock::Clock;
use crate::error::Error;
use crate::outside::{Network, Outside};

/// Settings of the controller. The defaults are those of the peer's flags (spec controller-binary 1).
#[derive(Clone)]
pub struct Settings {
    /// Address of the API server, for messages.
    pub server: Option<String>,
    /// The only namespace to look at; all of them when `None`.
    pub namespace: Option<String>,
    /// Looks only after objects that carry this instance id; only after those without one when empty.
    pub instance_id: String,
    /// The controller's own namespace: its configuration, the Secrets of its providers and of its peers are there.
    pub home: String,
    /// Which controllers run.
    pub controllers: Controllers,
    /// Which region this cluster is, as release gates name it.
    pub region: String,
    /// Clusters of the other regions, by region. More are found in Secrets labelled `aviary.dev/region`.
    pub peers: BTreeMap<String, Client>,
    /// Rollouts that are worked on at the same time.
    pub rollout_workers: usize,
    /// AnalysisRuns that are worked on at the same time, without those that wait for a metric system.
    pub analysis_workers: usize,
    /// How many Experiments are worked on at the same time.
    pub experiment_workers: usize,
    /// Services that are worked on at the same time.
    pub service_workers: usize,
    /// How often everything is looked at although nothing was seen to change; `None`: never.
    pub resync: Option<Duration>,
    /// Bound on requests to the API server; `None`, which is not the peer's default, leaves it to the server.
    pub rate: Option<RequestRate>,
    /// Leader election; `None` turns it off.
    pub lease: Option<LeaseSettings>,
    /// Where metrics are served; `None` turns them off.
    pub metrics_address: Option<SocketAddr>,
    /// Where health is served; `None` turns it off.
    pub health_address: Option<SocketAddr>,
    /// Entries of the decision journal that each Rollout has; `None` turns journals off.
    pub decision_journal: Option<NonZeroUsize>,
    /// Where this region's beacons are told to the other regions' controllers; `None` leaves them to the API server.
    pub beacons: Option<BeaconSettings>,
    /// Address of Prometheus for metrics that name none.
    pub prometheus_address: Option<String>,
    /// The cluster in which the Jobs of metrics run, where it is another one.
    pub jobs: Option<kube::Client>,
    /// Where metrics may be asked.
    pub egress: MetricEgress,
    /// Whether an AnalysisRun may end Successful although no measurement was.
    pub accept_no_success: bool,
    /// The time.
    pub clock: Clock,
    /// Metric systems and the region's endpoints: over the network, unless a test plays them.
    pub outside: Arc<dyn Outside>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: None,
            namespace: None,
            instance_id: String::new(),
            home: "argo-rollouts".to_owned(),
            controllers: Controllers::All,
            region: String::new(),
            peers: BTreeMap::new(),
            rollout_workers: 10,
            analysis_workers: 30,
            experiment_workers: 10,
            service_workers: 10,
            resync: Some(Duration::from_secs(900)),
            rate: None,
            lease: None,
            metrics_address: None,
            health_address: None,
            decision_journal: None,
            beacons: None,
            prometheus_address: None,
            jobs: None,
            egress: MetricEgress::default(),
            accept_no_success: false,
            clock: Clock::system(),
            outside: Arc::new(Network::default()),
        }
    }
}

/// Where metrics may be asked.
#[derive(Clone, Debug)]
pub struct MetricEgress {
    /// In every namespace that has no rules of its own.
    pub everywhere: Egress,
    /// In these namespaces.
    pub by_namespace: BTreeMap<String, Egress>,
}

impl Default for MetricEgress {
    /// Anywhere.
    fn default() -> Self {
        Self { everywhere: Egress::open(), by_namespace: BTreeMap::new() }
    }
}

impl MetricEgress {
    /// Where metrics of a namespace may be asked.
    pub fn of(&self, namespace: &str) -> &Egress {
        self.by_namespace.get(namespace).unwrap_or(&self.everywhere)
    }
}

/// Which controllers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controllers {
    /// All of them.
    All,
    /// That of AnalysisRuns alone.
    Analysis,
}

/// A bound on requests to the API server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestRate {
    /// Requests a second in the long run.
    pub per_second: f64,
    /// Requests at once above that.
    pub burst: u32,
}

/// Beacons over HTTPS with certificates on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeaconSettings {
    /// Where to listen.
    pub address: SocketAddr,
    /// Directory with `tls.crt`, `tls.key`, and `ca.crt`, the authorities whose clients are believed. The files are read
    /// again when they change.
    pub tls: PathBuf,
}

/// Leader election through a `coordination.k8s.io/v1` Lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseSettings {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Name of the Lease.
    pub name: String,
    /// Who we are; unique over all controllers.
    pub identity: String,
    /// How long a lease that is not renewed stays valid for others.
    pub duration: Duration,
    /// How long we go on without having renewed.
    pub renew_deadline: Duration,
    /// How often we try.
    pub retry_period: Duration,
}

impl LeaseSettings {
    /// Name of the peer's Lease: two controllers of either kind exclude each other (spec controller-binary 2.2).
    pub const NAME: &'static str = "argo-rollouts-controller-lock";

    /// The peer's Lease with the peer's times, for the controller `identity` in `namespace`.
    pub fn new(namespace: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: Self::NAME.to_owned(),
            identity: identity.into(),
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
    /// Whether the times can work together: who goes on without renewing must have ended before others take over, and
    /// must have had the time to try more than once.
    pub fn check(&self) -> Result<(), Error> {
        let Self { duration, renew_deadline, retry_period, .. } = *self;
        let refuse = |flag, value, problem| Err(Error::Lease { flag, value, problem });
        if renew_deadline >= duration {
            let problem = format!("it must be shorter than the lease, {duration:?}");
            return refuse("--leader-election-renew-deadline", renew_deadline, problem);
        }
        if retry_period.is_zero() || retry_period.mul_f64(1.2) >= renew_deadline {
            let problem = format!("1.2 times it must be shorter than the renew deadline, {renew_deadline:?}");
            return refuse("--leader-election-retry-period", retry_period, problem);
        }
        Ok(())
    }
}
