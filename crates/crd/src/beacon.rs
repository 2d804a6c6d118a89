//! What a region tells its peers about a release.

use serde::{Deserialize, Serialize};

use crate::Time;

/// What one region publishes about one release group, and its peers read (design: a release without a hub).
///
/// It lives as JSON under the key [`Beacon::KEY`] of a ConfigMap named [`Beacon::config_map`] beside the Rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beacon {
    /// Release group: the gate's `group`.
    pub group: String,
    /// Which release: the same in every region (hashes differ between regions, images do not).
    pub release: String,
    /// The region that speaks.
    pub region: String,
    /// Index of its current step.
    pub step: i32,
    /// Where the release stands there.
    pub phase: BeaconPhase,
    /// Whether its own checks at `step` hold.
    pub verified: bool,
    /// Observed weight of the canary.
    pub weight: i32,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Rises with every change of content.
    pub sequence: i64,
    /// When it was written.
    pub time: Time,
    /// After this moment it says nothing any more.
    pub expires: Time,
}

impl Beacon {
    /// Key in the ConfigMap's data.
    pub const KEY: &'static str = "beacon.json";

    /// Name of the ConfigMap that carries the beacon of a release group.
    pub fn config_map(group: &str) -> String {
        format!("aviary-release-{group}")
    }
}

/// Where a release stands in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BeaconPhase {
    /// On its way.
    Progressing,
    /// Given up. Sticky: it stays until another release begins.
    Aborted,
    /// Fully promoted.
    Promoted,
}
