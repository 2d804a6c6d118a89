//! The canary strategy.

use serde::{Deserialize, Serialize};

use crate::{
    AntiAffinity, CanaryStep, IntOrString, RolloutAnalysis, StringMap, TrafficRouting, is_false,
    meta::null_is_empty,
};

/// Moves to the new version step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Canary {
    /// Service that selects the new version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub canary_service: String,
    /// Service that selects the old version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stable_service: String,
    /// What happens, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub steps: Vec<CanaryStep>,
    /// How traffic is split; without it the number of pods is the weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_routing: Option<TrafficRouting>,
    /// How many pods may be missing (default 25%, rounded down).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// How many pods may be too many (default 25%, rounded up).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
    /// Runs beside the steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<BackgroundAnalysis>,
    /// Keeps the versions on different nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anti_affinity: Option<AntiAffinity>,
    /// Added to the pods of the new version while it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary_metadata: Option<PodMetadata>,
    /// Added to the pods of the stable version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stable_metadata: Option<PodMetadata>,
    /// Seconds that the old pods stay after promotion (traffic routing only; default 30).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_delay_seconds: Option<i32>,
    /// How many old ReplicaSets may wait at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_delay_revision_limit: Option<i32>,
    /// Seconds that the canary's pods stay after an abort (traffic routing only; default 30, 0 = for ever).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_scale_down_delay_seconds: Option<i32>,
    /// Shrinks stable as traffic leaves it.
    #[serde(skip_serializing_if = "is_false")]
    pub dynamic_stable_scale: bool,
    /// Two Services that take turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping_pong: Option<PingPong>,
    /// Lower bound of a non-empty ReplicaSet (traffic routing only; default 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_pods_per_replica_set: Option<i32>,
    /// When enough pods are available (default all).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_progress_threshold: Option<ProgressThreshold>,
}

/// An analysis that runs beside the steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackgroundAnalysis {
    /// What is analysed.
    #[serde(flatten)]
    pub analysis: RolloutAnalysis,
    /// First step that it accompanies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_step: Option<i32>,
}

/// Two Services that take turns at being the stable one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PingPong {
    /// One of them.
    pub ping_service: String,
    /// The other.
    pub pong_service: String,
}

/// Labels and annotations that pods carry for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "StringMap::is_empty", deserialize_with = "null_is_empty")]
    pub labels: StringMap,
    /// Annotations.
    #[serde(skip_serializing_if = "StringMap::is_empty", deserialize_with = "null_is_empty")]
    pub annotations: StringMap,
}

/// When enough pods are available.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProgressThreshold {
    /// `Percent`; anything else counts pods.
    #[serde(rename = "type")]
    pub kind: String,
    /// Percentage or number of pods; negative means all.
    pub value: i32,
}
