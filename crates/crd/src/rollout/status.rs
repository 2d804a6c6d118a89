//! `status` of a Rollout.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    AnalysisPhase, Time,
    analysis::{empty_is_none, none_is_empty},
    is_false, is_zero,
    meta::null_is_empty,
};

/// What was observed of a Rollout and decided for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutStatus {
    /// The update is given up. Set by users or the controller.
    #[serde(skip_serializing_if = "is_false")]
    pub abort: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aborted_at: Option<Time>,
    /// Why it waits; users empty the list to go on.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub pause_conditions: Vec<PauseCondition>,
    /// Whether the controller paused it; still true right after a user went on.
    #[serde(skip_serializing_if = "is_false")]
    pub controller_pause: bool,
    /// Hash of the newest template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub current_pod_hash: String,
    /// Hash of the steps.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub current_step_hash: String,
    /// Index of the step, `steps.len()` when all are done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_step_index: Option<i32>,
    /// Pods of all ReplicaSets.
    #[serde(skip_serializing_if = "is_zero")]
    pub replicas: i32,
    /// Pods of the newest ReplicaSet.
    #[serde(skip_serializing_if = "is_zero")]
    pub updated_replicas: i32,
    /// Ready pods.
    #[serde(skip_serializing_if = "is_zero")]
    pub ready_replicas: i32,
    /// Available pods.
    #[serde(skip_serializing_if = "is_zero")]
    pub available_replicas: i32,
    /// What an autoscaler reads as the current number of pods.
    #[serde(rename = "HPAReplicas", skip_serializing_if = "is_zero")]
    pub hpa_replicas: i32,
    /// What an autoscaler reads as the selector.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// Hash of the version that is fully promoted.
    #[serde(rename = "stableRS", skip_serializing_if = "String::is_empty")]
    pub stable_rs: String,
    /// How often a ReplicaSet name was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collision_count: Option<i32>,
    /// The generation that this status is about, as decimal text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub observed_generation: String,
    /// The same for a referenced workload.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workload_observed_generation: String,
    /// Conditions, oldest change first.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub conditions: Vec<Condition>,
    /// Summary in one word.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_none")]
    pub phase: Option<RolloutPhase>,
    /// Summary in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// A user asked to skip the rest.
    #[serde(skip_serializing_if = "is_false")]
    pub promote_full: bool,
    /// The restart that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarted_at: Option<Time>,
    /// Of the blue-green strategy.
    #[serde(skip_serializing_if = "BlueGreenStatus::is_unset")]
    pub blue_green: BlueGreenStatus,
    /// Of the canary strategy.
    #[serde(skip_serializing_if = "CanaryStatus::is_unset")]
    pub canary: CanaryStatus,
    /// Of the ALB router, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alb: Option<Value>,
    /// Of the ALB router, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub albs: Option<Value>,
    /// How long the attempt takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<RolloutDuration>,
}

impl RolloutStatus {
    /// Whether the Rollout was never reconciled.
    pub fn is_unset(&self) -> bool {
        *self == Self::default()
    }

    /// The condition of that type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }
}

/// Summary of a Rollout in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RolloutPhase {
    /// All is as wanted.
    Healthy,
    /// Something is wrong and will not mend itself.
    Degraded,
    /// On its way.
    Progressing,
    /// Waits for time or a user.
    Paused,
}

impl RolloutPhase {
    /// The word that stands in status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Degraded => "Degraded",
            Self::Progressing => "Progressing",
            Self::Paused => "Paused",
        }
    }
}

/// Why a Rollout waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseCondition {
    /// `CanaryPauseStep`, `BlueGreenPause`, `InconclusiveAnalysisRun` or `InconclusiveExperiment`.
    pub reason: String,
    /// Since when.
    pub start_time: Time,
}

/// One condition; all fields are always written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// Such as `Progressing`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// When it was set last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<Time>,
    /// When `status` changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    /// Why, in one word.
    pub reason: String,
    /// Why, in a sentence.
    pub message: String,
}

/// A run that the status speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnalysisRunRef {
    /// Name of the AnalysisRun.
    pub name: String,
    /// Its phase; `None` (written as `""`) before its first reconcile.
    #[serde(default, deserialize_with = "empty_is_none", serialize_with = "none_is_empty")]
    pub status: Option<AnalysisPhase>,
    /// Its message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Status of the blue-green strategy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BlueGreenStatus {
    /// Hash that the preview Service selects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub preview_selector: String,
    /// Hash that the active Service selects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub active_selector: String,
    /// Whether the preview may grow to full size.
    #[serde(skip_serializing_if = "is_false")]
    pub scale_up_preview_check_point: bool,
    /// The run before the switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_promotion_analysis_run_status: Option<AnalysisRunRef>,
    /// The run after the switch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_promotion_analysis_run_status: Option<AnalysisRunRef>,
}

impl BlueGreenStatus {
    fn is_unset(&self) -> bool {
        *self == Self::default()
    }
}

/// Status of the canary strategy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryStatus {
    /// The run of the current step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_step_analysis_run_status: Option<AnalysisRunRef>,
    /// The run beside the steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_background_analysis_run_status: Option<AnalysisRunRef>,
    /// The unfinished experiment of the current step.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub current_experiment: String,
    /// The split that was set last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<TrafficWeights>,
    /// `ping` or `pong`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stable_ping_pong: String,
    /// What the plugin steps said.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub step_plugin_statuses: Vec<StepPluginStatus>,
}

impl CanaryStatus {
    fn is_unset(&self) -> bool {
        *self == Self::default()
    }
}

/// How traffic is split; the weights sum to the maximum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrafficWeights {
    /// The new version.
    pub canary: WeightDestination,
    /// The old version.
    pub stable: WeightDestination,
    /// Experiments.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub additional: Vec<WeightDestination>,
    /// Whether the split was observed; `None` when nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

/// One share of the traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WeightDestination {
    /// Its weight.
    pub weight: i32,
    /// The Service that receives it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_name: String,
    /// The version that receives it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_template_hash: String,
}

/// What a plugin step was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PluginOperation {
    /// Do it.
    Run,
    /// Stop, the release goes on without it.
    Terminate,
    /// Undo, the release is given up.
    Abort,
}

/// Where a plugin step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PluginPhase {
    /// Not done yet.
    Running,
    /// Done.
    Successful,
    /// Done, badly.
    Failed,
    /// Could not be asked.
    Error,
}

impl PluginPhase {
    /// The word that stands in status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Error => "Error",
        }
    }
}

/// What a plugin step said, one entry an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepPluginStatus {
    /// Index of the step.
    pub index: i32,
    /// Name of the plugin.
    pub name: String,
    /// What it was asked.
    pub operation: PluginOperation,
    /// What it answered.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_none")]
    pub phase: Option<PluginPhase>,
    /// In its words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it was asked first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it was asked last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Time>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// Go duration before it is asked again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub backoff: String,
    /// How often it was asked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub executions: i32,
    /// Whether the plugin is switched off.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// What it wants to remember.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub status: Value,
}

/// How long an attempt takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutDuration {
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout_started_at: Option<Time>,
    /// Since when a person is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual_pause_started_at: Option<Time>,
    /// Seconds that persons were awaited before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_manual_pause_duration_seconds: Option<i64>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// `Promoted`, `FastPromoted`, `Aborted`, `Superseded`, `RolledBack` or `FastRolledBack`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub completion_status: String,
}
