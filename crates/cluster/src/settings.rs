//! Settings of the controller.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;

use crate::clock::Clock;
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
    /// Which region this cluster is, as release gates name it.
    pub region: String,
    /// Clusters of the other regions, by region. More are found in Secrets labelled `aviary.dev/region`.
    pub peers: BTreeMap<String, Client>,
    /// Rollouts that are worked on at the same time.
    pub rollout_workers: usize,
    /// AnalysisRuns that are worked on at the same time.
    pub analysis_workers: usize,
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
            region: String::new(),
            peers: BTreeMap::new(),
            rollout_workers: 10,
            analysis_workers: 30,
            lease: None,
            metrics_address: None,
            health_address: None,
            decision_journal: None,
            beacons: None,
            clock: Clock::system(),
            outside: Arc::new(Network::default()),
        }
    }
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
}
