//! One HTTP check: what is asked, and what the answer must be.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::dns::DnsCheck;
use crate::error::Error;
use crate::json_path;
use crate::latency::LatencyCheck;

/// One HTTP check.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// Name, for people.
    pub name: String,
    /// Path and query, appended to the region's address.
    #[serde(default = "root")]
    pub path: String,
    /// Method.
    #[serde(default = "get")]
    pub method: String,
    /// Request headers: the way to pin a check to the canary.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Status that the answer must have.
    #[serde(default = "ok")]
    pub status: u16,
    /// Longest time to the end of the body, as a Go duration.
    #[serde(default, deserialize_with = "go_duration::deserialize")]
    pub max_latency: Option<Duration>,
    /// How long most of several answers may take.
    #[serde(default)]
    pub latency: Option<LatencyCheck>,
    /// Go duration for which the TLS certificate must still be valid: time enough to renew it.
    #[serde(default, deserialize_with = "go_duration::deserialize")]
    pub certificate_valid_for: Option<Duration>,
    /// What the name of the address must resolve to.
    #[serde(default)]
    pub dns: Option<DnsCheck>,
    /// Version that must be served.
    #[serde(default)]
    pub version: Option<VersionCheck>,
    /// What the JSON body must hold.
    #[serde(default)]
    pub json: Vec<JsonCheck>,
    /// How often it is tried before it counts as failed.
    #[serde(default = "attempts")]
    pub attempts: u32,
    /// Go duration between attempts.
    #[serde(default = "retry_delay", deserialize_with = "go_duration::deserialize")]
    pub retry_delay: Option<Duration>,
    /// Go duration after which an attempt is given up.
    #[serde(default = "timeout", deserialize_with = "go_duration::deserialize")]
    pub timeout: Option<Duration>,
}

/// The version that an answer must come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VersionCheck {
    /// Response header that names the version.
    #[serde(default = "version_header")]
    pub header: String,
    /// The version. `{version}` stands for the version being released, at release gates ([`Check::of_release`]).
    pub equals: String,
}

/// One value in the JSON body.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JsonCheck {
    /// Where, such as `$.status` or `$.checks[0].ok`.
    pub path: String,
    /// What must be there.
    pub equals: Value,
}

/// An answer, as far as checks look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body, cut at the limit of the client.
    pub body: Vec<u8>,
    /// Time to the end of the body.
    pub latency: Duration,
    /// How long the certificate is still valid; `None` without TLS.
    pub certificate_valid_for: Option<Duration>,
    /// What the name of the address resolves to; empty unless the check asks.
    pub addresses: Vec<IpAddr>,
}

impl Check {
    /// Refuses values that can never hold, naming the field.
    pub fn validate(&self, field: &str) -> Result<(), Error> {
        if !self.path.starts_with('/') {
            let problem = format!("{:?} does not begin with a slash", self.path);
            return Err(Error::config(format!("{field}.path"), problem, "write a path such as /healthz"));
        }
        if !(100..600).contains(&self.status) {
            let problem = format!("{} is no HTTP status", self.status);
            return Err(Error::config(format!("{field}.status"), problem, "write a number from 100 to 599"));
        }
        if self.attempts == 0 {
            return Err(Error::config(
                format!("{field}.attempts"),
                "0 attempts can never hold",
                "write at least 1",
            ));
        }
        if let Some(dns) = &self.dns {
            dns.validate(&format!("{field}.dns"))?;
        }
        if let Some(latency) = &self.latency {
            latency.validate(&format!("{field}.latency"))?;
        }
        for (index, check) in self.json.iter().enumerate() {
            if json_path::parse(&check.path).is_none() {
                let problem = format!("{:?} is no JSON path", check.path);
                let remedy = "write steps such as $.status or $.items[0].name";
                return Err(Error::config(format!("{field}.json[{index}].path"), problem, remedy));
            }
        }
        Ok(())
    }

    /// This check at a gate of `release`: `{version}` becomes the tag of the release's first image, or the release's
    /// name when an annotation names it.
    #[must_use]
    pub fn of_release(&self, release: &str) -> Self {
        let mut check = self.clone();
        if let Some(version) = &mut check.version {
            version.equals = version.equals.replace("{version}", version_of(release));
        }
        check
    }

    /// What is wrong with an answer; `None` when the check holds.
    pub fn failure(&self, reply: &Reply) -> Option<String> {
        if reply.status != self.status {
            return Some(format!("status {} instead of {}", reply.status, self.status));
        }
        if let Some(limit) = self.max_latency.filter(|limit| reply.latency > *limit) {
            return Some(format!(
                "took {} ms, more than {} ms",
                reply.latency.as_millis(),
                limit.as_millis()
            ));
        }
        if let Some(failure) = self.certificate_valid_for.and_then(|wanted| expiring(reply, wanted)) {
            return Some(failure);
        }
        if let Some(failure) = self.dns.as_ref().and_then(|dns| dns.failure(&reply.addresses)) {
            return Some(failure);
        }
        if let Some(version) = &self.version {
            let served = self.served_version(reply).unwrap_or_default();
            if served != version.equals {
                return Some(format!("version {served:?} instead of {:?}", version.equals));
            }
        }
        self.json.iter().find_map(|check| check.failure(&reply.body))
    }

    /// The version that an answer names, when the check asks for one or the usual header is there.
    pub fn served_version(&self, reply: &Reply) -> Option<String> {
        let header =
            self.version.as_ref().map_or_else(version_header, |version| version.header.to_lowercase());
        reply.headers.get(&header).cloned()
    }
}

fn expiring(reply: &Reply, wanted: Duration) -> Option<String> {
    let hours = |duration: Duration| duration.as_secs() / 3_600;
    match reply.certificate_valid_for {
        None => Some("there is no certificate; write an https:// address".to_owned()),
        Some(left) if left < wanted => Some(format!(
            "the certificate is valid for {} h more, less than {} h",
            hours(left),
            hours(wanted)
        )),
        Some(_) => None,
    }
}

/// `registry:5000/rating-api:1.5.0@sha256:...,sidecar:2` releases version `1.5.0`.
fn version_of(release: &str) -> &str {
    let image = release.split([',', '@']).next().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    name.split_once(':').map_or(name, |(_, tag)| tag)
}

impl JsonCheck {
    fn failure(&self, body: &[u8]) -> Option<String> {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Some("the body is not JSON".to_owned());
        };
        match json_path::parse(&self.path).and_then(|path| path.of(&body)) {
            Some(found) if *found == self.equals => None,
            Some(found) => Some(format!("{} is {found} instead of {}", self.path, self.equals)),
            None => Some(format!("{} is missing", self.path)),
        }
    }
}

fn root() -> String {
    "/".to_owned()
}

fn get() -> String {
    "GET".to_owned()
}

fn ok() -> u16 {
    200
}

fn attempts() -> u32 {
    3
}

#[allow(clippy::unnecessary_wraps)] // serde wants the field's type
fn retry_delay() -> Option<Duration> {
    Some(Duration::from_millis(500))
}

#[allow(clippy::unnecessary_wraps)] // serde wants the field's type
fn timeout() -> Option<Duration> {
    Some(Duration::from_secs(5))
}

fn version_header() -> String {
    "x-version".to_owned()
}

/// Go durations in configuration.
pub(crate) mod go_duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| crd::duration::parse(&text)).transpose().map_err(serde::de::Error::custom)
    }

    pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        crd::duration::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
