//! `provider.datadog`, and what must hold of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crd::Metric;
use serde::Deserialize;

use crate::{Fault, provider};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Config {
    api_version: String,
    interval: String,
    pub(super) query: String,
    pub(super) queries: BTreeMap<String, String>,
    pub(super) formula: String,
    pub(super) aggregator: String,
    request_timeout: String,
    pub(super) secret_ref: SecretRef,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SecretRef {
    pub(super) name: String,
    pub(super) namespaced: bool,
}

/// The defaults of the CRD, for whoever comes without it.
impl Default for Config {
    fn default() -> Self {
        Self {
            api_version: "v1".to_owned(),
            interval: "5m".to_owned(),
            query: String::new(),
            queries: BTreeMap::new(),
            formula: String::new(),
            aggregator: String::new(),
            request_timeout: String::new(),
            secret_ref: SecretRef::default(),
        }
    }
}

/// Which API is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

/// What follows from a configuration that holds.
pub(super) struct Asked {
    pub(super) version: Version,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
}

impl Config {
    pub(super) fn of(metric: &Metric) -> Result<Self, Fault> {
        provider::config(metric, "datadog")
    }

    /// In the peer's order, with its words.
    pub(super) fn check(&self) -> Result<Asked, Fault> {
        let review = "Please review the Analysis Template.";
        let refused = |text: String| Err(Fault::Config(text));
        let version = if self.api_version == "v1" { Version::V1 } else { Version::V2 };
        let (query, queries) = (!self.query.is_empty(), !self.queries.is_empty());
        if !query && !queries {
            return refused(format!("Must have either a query or queries. {review}"));
        }
        if query && queries {
            return refused(format!("Cannot have both a query and queries. {review}"));
        }
        if version == Version::V1 && !query {
            let text = "Query is empty. API Version v1 only supports using the query parameter in your Analysis Template.";
            return refused(text.to_owned());
        }
        if !self.formula.is_empty() && !queries {
            return refused(format!("Formula are only valid when queries are set. {review}"));
        }
        if self.queries.len() > 1 && self.formula.is_empty() {
            return refused("When multiple queries are provided you must include a formula.".to_owned());
        }
        if version == Version::V1 && !self.aggregator.is_empty() {
            return refused(format!("Aggregator is not supported in v1. {review}"));
        }
        let timeout = match self.request_timeout.as_str() {
            "" => Duration::from_secs(10),
            text => crd::duration::parse(text).map_err(|error| {
                Fault::Config(format!("Could not parse the request timeout: {error}. {review}"))
            })?,
        };
        if timeout.is_zero() {
            return refused(format!("Request timeout must be a positive duration (e.g. 30s). {review}"));
        }
        let interval = crd::duration::parse(&self.interval)
            .map_err(|error| Fault::Config(format!("interval {:?}: {error}", self.interval)))?;
        Ok(Asked { version, interval, timeout })
    }
}
