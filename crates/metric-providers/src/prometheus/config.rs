//! The member `prometheus` of a metric's provider.

use std::time::Duration;

use crd::Metric;
use reqwest::Url;
use serde::Deserialize;

use super::amazon;
use crate::clients::Tls;
use crate::http::{self, Header};
use crate::oauth2::OAuth2;
use crate::{Ctx, Fault, provider};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Config {
    pub(super) address: String,
    pub(super) query: String,
    pub(super) range_query: Option<Range>,
    /// Seconds.
    pub(super) timeout: Option<i64>,
    pub(super) insecure: Tls,
    pub(super) headers: Vec<Header>,
    pub(super) authentication: Authentication,
}

/// The member `rangeQuery`: two time expressions and a Go duration.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Range {
    pub(super) start: String,
    pub(super) end: String,
    pub(super) step: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Authentication {
    basic_auth: Basic,
    pub(super) oauth2: OAuth2,
    sigv4: SigV4,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Basic {
    username: String,
    password: String,
}

/// Whose keys sign; all empty: nobody's.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SigV4 {
    pub(super) region: String,
    pub(super) profile: String,
    pub(super) role_arn: String,
}

impl Config {
    pub(super) fn of(metric: &Metric) -> Result<Self, Fault> {
        provider::config(metric, "prometheus")
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

    /// Whose keys sign the request: only requests to Amazon's service are signed.
    pub(super) fn sigv4(&self, ctx: &Ctx<'_>, address: &Url) -> Result<Option<&SigV4>, Fault> {
        let sigv4 = &self.authentication.sigv4;
        let asked = [&sigv4.region, &sigv4.profile, &sigv4.role_arn].iter().any(|field| !field.is_empty());
        let signed = asked
            && if self.address.is_empty() {
                amazon::is_meant(address)
            } else {
                amazon::is_signed(ctx, address)?
            };
        Ok(signed.then_some(sigv4))
    }
}
