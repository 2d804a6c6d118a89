//! What one region said.

use std::time::Duration;

use serde::Serialize;

/// What one region said to all checks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// One entry a check, in the order of the configuration.
    pub checks: Vec<CheckReport>,
}

impl Report {
    /// Whether every check holds.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.failure.is_none())
    }
}

/// How one check ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// Its name.
    pub name: String,
    /// Attempts that were made.
    pub attempts: u32,
    /// Status of the last answer; `None` when there was none.
    pub status: Option<u16>,
    /// Latency of the last answer, in milliseconds.
    #[serde(rename = "latencyMs", serialize_with = "milliseconds")]
    pub latency: Option<Duration>,
    /// Version that the last answer named.
    pub version: Option<String>,
    /// What is wrong; `None` when the check holds.
    pub failure: Option<String>,
}

#[allow(clippy::ref_option)] // serde passes a reference
fn milliseconds<S: serde::Serializer>(latency: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    latency.map(|latency| (latency.as_secs_f64() * 1e4).round() / 10.0).serialize(serializer)
}
