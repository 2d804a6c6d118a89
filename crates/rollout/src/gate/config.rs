//! The part of a gate's configuration that decisions depend on. The rest is read by whoever asks the regions.

use std::time::Duration;

use crd::{PluginStep, duration};
use serde::Deserialize;

use super::DEFAULT_INTERVAL;

/// How long a beacon is believed when the configuration does not say.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);

/// What to do when another region gave the release up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnFailure {
    /// Wait.
    Hold,
    /// Give the update up.
    Abort,
}

/// What to do when the gate has not passed in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnPartition {
    /// Wait on.
    Hold,
    /// Go on without the regions that are silent. One that answers, and is not there yet, is still waited for.
    Proceed,
    /// Give the update up.
    Abort,
}

/// What the gate needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Config {
    /// The release group.
    pub(super) group: String,
    /// What a failed peer means here.
    pub(super) on_peer_failure: OnFailure,
    /// What silence means once `timeout` has passed.
    pub(super) on_partition: OnPartition,
    /// How long the gate is waited for; for ever when absent.
    pub(super) timeout: Option<Duration>,
    /// How long the regions must have been there before the gate opens.
    pub(super) soak: Option<Duration>,
    /// How often the regions are asked.
    pub(super) interval: Duration,
    /// How long a beacon is believed.
    pub(super) lifetime: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    group: String,
    #[serde(default)]
    on_peer_failure: Option<OnFailure>,
    #[serde(default)]
    on_partition: Option<OnPartition>,
    #[serde(default)]
    timeout: Option<String>,
    #[serde(default)]
    soak: Option<String>,
    #[serde(default)]
    interval: Option<String>,
    #[serde(default)]
    lifetime: Option<String>,
}

impl Config {
    /// Reads the configuration of a step; the error says what to write instead.
    pub(super) fn read(plugin: &PluginStep) -> Result<Self, String> {
        let written = Written::deserialize(&plugin.config).map_err(|error| error.to_string())?;
        if written.group.is_empty() {
            return Err("group must name the release group, such as \"rating-api\"".to_owned());
        }
        let time = |field: &str, text: Option<String>| -> Result<Option<Duration>, String> {
            let Some(text) = text else { return Ok(None) };
            duration::parse(&text).map(Some).map_err(|error| format!("{field}: {error}"))
        };
        Ok(Self {
            group: written.group,
            on_peer_failure: written.on_peer_failure.unwrap_or(OnFailure::Abort),
            on_partition: written.on_partition.unwrap_or(OnPartition::Hold),
            timeout: time("timeout", written.timeout)?,
            soak: time("soak", written.soak)?,
            interval: time("interval", written.interval)?.unwrap_or(DEFAULT_INTERVAL),
            lifetime: time("lifetime", written.lifetime)?.unwrap_or(DEFAULT_LIFETIME),
        })
    }
}
