//! What a metric system must be able to do.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::{Clients, Credentials, Error, Fault, Value, Wanted};

/// One metric system.
#[async_trait]
pub trait Provider: Sync {
    /// The member of `provider` in a metric that selects it.
    fn name(&self) -> &'static str;

    /// Whether it serves a metric with this `provider`.
    fn selected(&self, provider: &Map<String, Json>) -> bool {
        provider.get(self.name()).is_some_and(|config| !config.is_null())
    }

    /// What the metric's result says of the question, such as the query as it was asked.
    fn about(&self, _metric: &Metric) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// The credentials that it must be given to serve a metric.
    fn wanted(&self, _metric: &Metric) -> Option<Wanted> {
        None
    }

    /// Asks once.
    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error>;

    /// Asks again for a measurement that was not finished, given what its last answer wanted to remember.
    async fn resume(
        &self,
        _ctx: &Ctx<'_>,
        metric: &Metric,
        _remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        let fault = Fault::Config("its measurements finish at once and cannot be resumed".to_owned());
        Err(Error::new(metric, self.name(), None, fault))
    }

    /// Ends a measurement that was not finished; those that finish at once have nothing to end.
    async fn terminate(
        &self,
        _ctx: &Ctx<'_>,
        _metric: &Metric,
        _remembered: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        Ok(())
    }
}

/// What a provider answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What was read; `None` while the measurement runs.
    pub value: Option<Value>,
    /// What the measurement shall remember, such as warnings.
    pub metadata: BTreeMap<String, String>,
    /// When to ask again, for a measurement that runs.
    pub resume_at: Option<Timestamp>,
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self { value: Some(value), ..Self::default() }
    }
}

/// What a provider may use.
#[derive(Clone)]
pub struct Ctx<'a> {
    /// Tells the time.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
    /// Evaluates a time expression such as `now() - duration("5m")`.
    pub times: &'a (dyn Fn(&str) -> Result<Timestamp, String> + Sync),
    /// The Prometheus to ask when a metric names none.
    pub prometheus_address: Option<&'a str>,
    /// What [`Provider::wanted`] asked for.
    pub credentials: Credentials,
    /// Texts that came from Secrets: they are blanked in errors and metadata.
    pub secrets: &'a [String],
    /// HTTP clients, which one measurement leaves to the next.
    pub clients: Clients,
}

impl Default for Ctx<'_> {
    /// The machine's clock, no time expressions, no default address, no credentials or secrets, clients of its own.
    fn default() -> Self {
        Self {
            clock: &Timestamp::now,
            times: &|expr| Err(format!("no evaluator for the time expression {expr:?}")),
            prometheus_address: None,
            credentials: Credentials::default(),
            secrets: &[],
            clients: Clients::default(),
        }
    }
}
