//! The member `prometheus` of a metric's provider.

use std::time::Duration;

use crd::Metric;
use reqwest::Url;
use serde::Deserialize;

use crate::Fault;
use crate::clients::Tls;
use crate::http::{self, Header};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Config {
    pub(super) address: String,
    pub(super) query: String,
    pub(super) range_query: Option<Range>,
    /// Seconds.
    pub(super) timeout: Option<i64>,
    pub(super) insecure: Tls,
    pub(super) headers: Vec<Header>,
    authentication: Authentication,
}

/// The member `rangeQuery`: two time expressions and a Go duration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Range {
    pub(super) start: String,
    pub(super) end: String,
    pub(super) step: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Authentication {
    basic_auth: Basic,
    oauth2: OAuth2,
    sigv4: SigV4,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Basic {
    username: String,
    password: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OAuth2 {
    token_url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SigV4 {
    region: String,
    profile: String,
    role_arn: String,
}

impl Config {
    pub(super) fn of(metric: &Metric) -> Result<Self, Fault> {
        let written = metric.provider.get("prometheus").cloned().unwrap_or_default();
        serde_json::from_value(written)
            .map_err(|error| Fault::Config(format!("provider.prometheus: {error}")))
    }

    /// Where to ask: the metric's address, or else the default.
    pub(super) fn url(&self, default: Option<&str>) -> Result<Url, Fault> {
        let written = if self.address.is_empty() { default.unwrap_or_default() } else { &self.address };
        if written.is_empty() {
            return Err(Fault::Config("prometheus address is not configured".to_owned()));
        }
        let refused = |reason| Fault::Config(format!("prometheus address is not is url format: {reason}"));
        http::url(written).map_err(refused)
    }

    pub(super) fn limit(&self) -> Result<Duration, Fault> {
        let seconds = u64::try_from(self.timeout.unwrap_or(30));
        let negative = |_| Fault::Config("prometheus timeout should not be negative".to_owned());
        seconds.map(Duration::from_secs).map_err(negative)
    }

    /// User and password, when basic authentication is configured.
    pub(super) fn basic(&self) -> Result<Option<(&str, &str)>, Fault> {
        let Basic { username, password } = &self.authentication.basic_auth;
        let missing = |which: &str| {
            Fault::Config(format!("missing mandatory parameter in metric for basic auth setup: {which}"))
        };
        match (username.as_str(), password.as_str()) {
            ("", "") => Ok(None),
            ("", _) => Err(missing("username")),
            (_, "") => Err(missing("password")),
            both => Ok(Some(both)),
        }
    }

    /// Refuses what would otherwise be left out in silence, and make every answer a 401.
    pub(super) fn refuse_unsupported(&self, address: &Url) -> Result<(), Fault> {
        let SigV4 { region, profile, role_arn } = &self.authentication.sigv4;
        let signed = [region, profile, role_arn].iter().any(|field| !field.is_empty());
        if !self.authentication.oauth2.token_url.is_empty() {
            Err(Fault::Unsupported("authentication.oauth2"))
        } else if signed && address.as_str().contains("aps-workspaces") {
            Err(Fault::Unsupported("authentication.sigv4"))
        } else {
            Ok(())
        }
    }
}
