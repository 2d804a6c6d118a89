//! What a provider may use.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crd::{AnalysisRun, Measurement};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Clients, Credentials, Egress, Jobs, Learned, Plugins};

/// A wait that is going on.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a provider may use.
#[derive(Clone)]
pub struct Ctx<'a> {
    /// Tells the time.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
    /// Waits before something is tried again.
    pub wait: &'a (dyn Fn(Duration) -> Wait + Sync),
    /// The zone in which SkyWalking is told the time.
    pub zone: TimeZone,
    /// Evaluates a time expression such as `now() - duration("5m")`.
    pub times: &'a (dyn Fn(&str) -> Result<Timestamp, String> + Sync),
    /// The controller's environment variables: those of AWS, and where Jobs run.
    pub environment: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// The run to which the metric belongs: Jobs are its own, plugins are shown it, Kayenta looks at its start.
    pub run: Option<&'a AnalysisRun>,
    /// The measurement that is gone on with or ended; `None` for a new one.
    pub measurement: Option<&'a Measurement>,
    /// The Prometheus to ask when a metric names none.
    pub prometheus_address: Option<&'a str>,
    /// What [`Provider::wanted`](crate::Provider::wanted) asked for.
    pub credentials: Credentials,
    /// Texts that came from Secrets: they are blanked in errors and metadata.
    pub secrets: &'a [String],
    /// Secrets that the measurement learns: they are blanked as well. One for each measurement.
    pub learned: Learned,
    /// Where an address may lead that a metric names.
    pub egress: Egress,
    /// The Jobs of the cluster.
    pub jobs: Option<&'a dyn Jobs>,
    /// Programs that measure, which one measurement leaves to the next.
    pub plugins: Plugins,
    /// HTTP clients, which one measurement leaves to the next.
    pub clients: Clients,
}

impl Default for Ctx<'_> {
    /// The machine's clock, zone and environment, no time expressions, no default address, no credentials or secrets,
    /// open egress, no Jobs, no plugins, clients of its own.
    fn default() -> Self {
        Self {
            clock: &Timestamp::now,
            wait: &|duration| Box::pin(tokio::time::sleep(duration)),
            zone: TimeZone::system(),
            times: &|expr| Err(format!("no evaluator for the time expression {expr:?}")),
            environment: &|name| std::env::var(name).ok(),
            run: None,
            measurement: None,
            prometheus_address: None,
            credentials: Credentials::default(),
            secrets: &[],
            learned: Learned::default(),
            egress: Egress::open(),
            jobs: None,
            plugins: Plugins::default(),
            clients: Clients::default(),
        }
    }
}

impl Ctx<'_> {
    /// An environment variable that is there and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.is_empty())
    }

    /// Now plus a number of seconds; saturates at the end of time.
    pub(crate) fn seconds_from_now(&self, seconds: i64) -> Timestamp {
        let now = (self.clock)();
        now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    }
}

/// Nothing of it: it holds secrets.
impl fmt::Debug for Ctx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ctx")
    }
}
