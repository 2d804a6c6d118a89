//! The blue-green strategy.

use serde::{Deserialize, Serialize};

use crate::{AntiAffinity, IntOrString, PodMetadata, RolloutAnalysis, is_zero};

/// Two full sets of pods and a switch between them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BlueGreen {
    /// Service that users reach.
    pub active_service: String,
    /// Service that shows the new version before the switch.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub preview_service: String,
    /// Pods of the new version before promotion (default: all).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview_replica_count: Option<i32>,
    /// Whether the switch happens by itself (default true).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_promotion_enabled: Option<bool>,
    /// Seconds before the switch.
    #[serde(skip_serializing_if = "is_zero")]
    pub auto_promotion_seconds: i32,
    /// How many pods may be missing while restarting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// Seconds that the old pods stay after the switch (default 30).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_delay_seconds: Option<i32>,
    /// How many old ReplicaSets may wait at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_delay_revision_limit: Option<i32>,
    /// Seconds that the preview pods stay after an abort (default 30, 0 = for ever).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_scale_down_delay_seconds: Option<i32>,
    /// Runs before the switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_promotion_analysis: Option<RolloutAnalysis>,
    /// Runs after the switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_promotion_analysis: Option<RolloutAnalysis>,
    /// Keeps the versions on different nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anti_affinity: Option<AntiAffinity>,
    /// Added to the pods of the preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview_metadata: Option<PodMetadata>,
    /// Added to the active pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_metadata: Option<PodMetadata>,
}
