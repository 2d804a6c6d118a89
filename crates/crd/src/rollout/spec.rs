//! `spec` of a Rollout.

use serde::{Deserialize, Serialize};

use crate::{BlueGreen, Canary, LabelSelector, PodTemplate, Time, is_false, is_zero};

/// What a Rollout should be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutSpec {
    /// Wanted number of pods; the controller writes 1 when it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How many finished runs are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<HistoryLimits>,
    /// Which pods belong to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// What the pods look like; empty with `workloadRef`.
    pub template: PodTemplate,
    /// Where the template comes from instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_ref: Option<WorkloadRef>,
    /// Seconds that a pod must be ready before it counts as available.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_ready_seconds: i32,
    /// How far back a rollback may skip the steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_window: Option<RollbackWindow>,
    /// How a new version replaces the old one.
    pub strategy: Strategy,
    /// How many old ReplicaSets are kept (default 10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<i32>,
    /// Paused by the user.
    #[serde(skip_serializing_if = "is_false")]
    pub paused: bool,
    /// Seconds without progress before the update counts as stuck (default 600).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_deadline_seconds: Option<i32>,
    /// Whether a stuck update is aborted.
    #[serde(skip_serializing_if = "is_false")]
    pub progress_deadline_abort: bool,
    /// Pods created before this moment are restarted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_at: Option<Time>,
}

/// How many finished AnalysisRuns and Experiments are kept, each (default 5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HistoryLimits {
    /// Of the successful ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successful_run_history_limit: Option<i32>,
    /// Of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsuccessful_run_history_limit: Option<i32>,
}

/// A workload whose template a Rollout takes over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadRef {
    /// Group and version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// `Deployment`, `ReplicaSet` or `PodTemplate`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Name in the Rollout's namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `never` (default), `onsuccess` or `progressively`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scale_down: String,
}

/// How far back a rollback may skip the steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollbackWindow {
    /// Number of revisions.
    #[serde(skip_serializing_if = "is_zero")]
    pub revisions: i32,
}

/// Exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// Two full sets of pods and a switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blue_green: Option<BlueGreen>,
    /// Step by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

/// Keeps the pods of two versions on different nodes. Exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AntiAffinity {
    /// As a wish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_during_scheduling_ignored_during_execution: Option<PreferredAntiAffinity>,
    /// As a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_during_scheduling_ignored_during_execution:
        Option<serde_json::Map<String, serde_json::Value>>,
}

/// How strong the wish is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PreferredAntiAffinity {
    /// 1 to 100.
    pub weight: i32,
}
