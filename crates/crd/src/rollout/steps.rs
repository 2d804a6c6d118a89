//! The steps of a canary.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    AnalysisTemplateRef, DryRun, ExperimentService, IntOrString, LabelSelector, MeasurementRetention,
    PodMetadata, StringMap, is_false, meta::null_is_empty,
};

/// One step; exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryStep {
    /// Weight of the canary, 0 to the maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_weight: Option<i32>,
    /// Waits for time or a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<PauseStep>,
    /// Runs ReplicaSets beside the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<ExperimentStep>,
    /// Measures, and goes on when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis: Option<RolloutAnalysis>,
    /// Number of canary pods, apart from the weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_canary_scale: Option<SetCanaryScale>,
    /// Sends requests with a header to the canary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_header_route: Option<SetHeaderRoute>,
    /// Copies requests to the canary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_mirror_route: Option<SetMirrorRoute>,
    /// Anything else, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginStep>,
}

/// Waits for time or, without a duration, for a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PauseStep {
    /// Seconds, or a Go duration; absent = until a user promotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<IntOrString>,
}

/// An Experiment inside a canary (spec experiment-02 1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentStep {
    /// What runs beside each other.
    #[serde(deserialize_with = "null_is_empty")]
    pub templates: Vec<ExperimentStepTemplate>,
    /// Go duration; empty: until its analyses end it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub duration: String,
    /// What is measured.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub analyses: Vec<ExperimentStepAnalysis>,
    /// Which metrics count for nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub dry_run: Vec<DryRun>,
    /// Labels and annotations of the runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis_run_metadata: Option<AnalysisRunMetadata>,
    /// Seconds that pods stay after the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_delay_seconds: Option<i32>,
}

/// One ReplicaSet of an [`ExperimentStep`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentStepTemplate {
    /// Unique in the step.
    pub name: String,
    /// `canary` or `stable`: whose pods it copies.
    pub spec_ref: String,
    /// Pods (default 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Labels and annotations on top of the copied ones; the labels are selected by as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PodMetadata>,
    /// Which pods belong to it, in place of the copied selector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// Its share of the traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
    /// A Service of its own; a weight wants one too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ExperimentService>,
}

/// One analysis of an [`ExperimentStep`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentStepAnalysis {
    /// Unique in the step.
    pub name: String,
    /// Name of the template.
    pub template_name: String,
    /// Whether it is a ClusterAnalysisTemplate. Absent and `false` mean the same, and are told apart by the step's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_scope: Option<bool>,
    /// Values of its parameters.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub args: Vec<RolloutArgument>,
    /// Whether the Experiment ends well only after this one did.
    #[serde(skip_serializing_if = "is_false")]
    pub required_for_completion: bool,
}

impl ExperimentStepAnalysis {
    /// The template that it names.
    pub fn template(&self) -> AnalysisTemplateRef {
        AnalysisTemplateRef {
            template_name: self.template_name.clone(),
            cluster_scope: self.cluster_scope.unwrap_or(false),
        }
    }
}

/// Which templates are run with which arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutAnalysis {
    /// The templates.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub templates: Vec<AnalysisTemplateRef>,
    /// Values of their parameters.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub args: Vec<RolloutArgument>,
    /// Which metrics count for nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub dry_run: Vec<DryRun>,
    /// How many measurements are kept.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub measurement_retention: Vec<MeasurementRetention>,
    /// Labels and annotations of the runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis_run_metadata: Option<AnalysisRunMetadata>,
}

/// A parameter as a Rollout gives it; unlike a template's, an absent value is the empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutArgument {
    /// Name.
    pub name: String,
    /// Literal value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Where else the value comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<RolloutArgumentSource>,
}

/// Where the value of a [`RolloutArgument`] comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutArgumentSource {
    /// `Stable` or `Latest`: the pod-template hash of that ReplicaSet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_template_hash_value: Option<String>,
    /// A field of the Rollout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_ref: Option<FieldRef>,
}

/// A field of the Rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FieldRef {
    /// Such as `metadata.labels['app']` or `status.stableRS`.
    pub field_path: String,
}

/// Labels and annotations of AnalysisRuns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnalysisRunMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "StringMap::is_empty", deserialize_with = "null_is_empty")]
    pub labels: StringMap,
    /// Annotations.
    #[serde(skip_serializing_if = "StringMap::is_empty", deserialize_with = "null_is_empty")]
    pub annotations: StringMap,
}

/// Number of canary pods; `matchTrafficWeight` wins over `replicas`, `replicas` over `weight`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetCanaryScale {
    /// As a percentage of `spec.replicas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
    /// As a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Back to following the weight.
    #[serde(skip_serializing_if = "is_false")]
    pub match_traffic_weight: bool,
}

/// Sends requests with a header to the canary; an empty match removes the route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetHeaderRoute {
    /// Name of the managed route.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What must match.
    #[serde(rename = "match", skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub matches: Vec<HeaderMatch>,
}

/// One header that must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeaderMatch {
    /// Name of the header.
    pub header_name: String,
    /// Its value; always written, `null` when absent.
    pub header_value: Option<StringMatch>,
}

/// Copies requests to the canary; an empty match removes the route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetMirrorRoute {
    /// Name of the managed route.
    pub name: String,
    /// What must match.
    #[serde(rename = "match", skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub matches: Vec<RouteMatch>,
    /// How many of a hundred are copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<i32>,
}

/// What a mirrored request looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteMatch {
    /// Its method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<StringMatch>,
    /// Its path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<StringMatch>,
    /// Its headers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub headers: BTreeMap<String, StringMatch>,
}

/// How a text is compared; exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StringMatch {
    /// Equal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub exact: String,
    /// Begins with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Matches a regular expression.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub regex: String,
}

/// A step by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PluginStep {
    /// Such as `aviary/region-gate`.
    pub name: String,
    /// Its configuration, as written.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub config: Value,
}
