//! What a metric system must be able to do.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::{Ctx, Error, Fault, Value, Wanted};

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
    async fn about(&self, _ctx: &Ctx<'_>, _metric: &Metric) -> BTreeMap<String, String> {
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

    /// Ends a measurement that was not finished; those that finish at once have nothing to end. An answer without a
    /// value says that it ended, and neither well nor badly.
    async fn terminate(
        &self,
        _ctx: &Ctx<'_>,
        _metric: &Metric,
        _remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        Ok(Answer::default())
    }

    /// Removes what all but the newest `limit` measurements have left behind, where they leave anything.
    async fn garbage_collect(&self, _ctx: &Ctx<'_>, _metric: &Metric, _limit: usize) -> Result<(), Error> {
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

/// An entry of a measurement's metadata.
pub(crate) fn entry(key: &str, value: impl Into<String>) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), value.into())])
}

/// The member of a metric's provider, read into its type. What is absent is an empty object.
pub(crate) fn config<T: serde::de::DeserializeOwned>(metric: &Metric, name: &str) -> Result<T, Fault> {
    let written = metric.provider.get(name).cloned().unwrap_or_else(|| Json::Object(Map::new()));
    serde_json::from_value(written).map_err(|error| Fault::Config(format!("provider.{name}: {error}")))
}
