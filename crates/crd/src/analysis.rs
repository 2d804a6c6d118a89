//! AnalysisTemplates and AnalysisRuns (spec analysis-01).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{IntOrString, ObjectMeta, Time, is_false, is_zero, meta::null_is_empty};

/// An AnalysisTemplate, or a ClusterAnalysisTemplate when its namespace is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnalysisTemplate {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// The template.
    pub spec: AnalysisTemplateSpec,
}

/// What an [`AnalysisTemplate`] describes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnalysisTemplateSpec {
    /// What is measured.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub metrics: Vec<Metric>,
    /// Declared parameters, optionally with a default.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub args: Vec<Argument>,
    /// Which metrics count for nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub dry_run: Vec<DryRun>,
    /// How many measurements are kept.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub measurement_retention: Vec<MeasurementRetention>,
    /// Further templates whose metrics belong to this one.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub templates: Vec<AnalysisTemplateRef>,
}

/// Names a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnalysisTemplateRef {
    /// Name of the template.
    pub template_name: String,
    /// Whether it is a ClusterAnalysisTemplate.
    #[serde(skip_serializing_if = "is_false")]
    pub cluster_scope: bool,
}

/// One thing that is measured, again and again, and judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metric {
    /// Unique in the run.
    pub name: String,
    /// Go duration between the end of a measurement and the start of the next.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub interval: String,
    /// Go duration before the first measurement.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub initial_delay: String,
    /// Wanted number of measurements that are not errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<IntOrString>,
    /// Expression over `result` that is true for a good measurement.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub success_condition: String,
    /// Expression over `result` that is true for a bad measurement.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failure_condition: String,
    /// Tolerated bad measurements; -1 turns the limit off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_limit: Option<IntOrString>,
    /// Tolerated undecided measurements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inconclusive_limit: Option<IntOrString>,
    /// Tolerated successive errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_error_limit: Option<IntOrString>,
    /// Who is asked: exactly one member, named after the provider, as written.
    pub provider: Map<String, Value>,
    /// Successive good measurements that end the metric early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_success_limit: Option<IntOrString>,
}

/// A parameter of a template or run. `None` differs from an empty value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Argument {
    /// Name, used as `{{args.name}}`.
    pub name: String,
    /// Literal value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where else the value comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<ArgumentSource>,
}

/// Where the value of an [`Argument`] comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgumentSource {
    /// A key of a Secret in the run's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<SecretKeyRef>,
    /// A field of the Rollout; resolved only on the Rollout's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_ref: Option<crate::FieldRef>,
}

/// One key of one Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretKeyRef {
    /// Name of the Secret.
    pub name: String,
    /// Key in its data.
    pub key: String,
}

/// Metrics whose name matches count for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DryRun {
    /// Regular expression over metric names.
    pub metric_name: String,
}

/// Metrics whose name matches keep `limit` measurements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MeasurementRetention {
    /// Regular expression over metric names.
    pub metric_name: String,
    /// How many measurements stay in status.
    pub limit: i32,
}

/// An AnalysisRun: metrics being measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnalysisRun {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is measured.
    pub spec: AnalysisRunSpec,
    /// What was found. There is no status subresource: it is written with the object.
    #[serde(skip_serializing_if = "AnalysisRunStatus::is_unset")]
    pub status: AnalysisRunStatus,
}

/// What an [`AnalysisRun`] measures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnalysisRunSpec {
    /// What is measured; placeholders unresolved.
    #[serde(deserialize_with = "null_is_empty")]
    pub metrics: Vec<Metric>,
    /// Parameters with their values.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub args: Vec<Argument>,
    /// Asks the run to end early.
    #[serde(skip_serializing_if = "is_false")]
    pub terminate: bool,
    /// Which metrics count for nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub dry_run: Vec<DryRun>,
    /// How many measurements are kept.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub measurement_retention: Vec<MeasurementRetention>,
    /// When a finished run goes away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_strategy: Option<TtlStrategy>,
}

/// When a finished run goes away, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TtlStrategy {
    /// After any end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_after_completion: Option<i32>,
    /// After failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_after_failure: Option<i32>,
    /// After success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_after_success: Option<i32>,
}

/// Where a measurement, a metric or a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AnalysisPhase {
    /// Nothing measured yet.
    Pending,
    /// Being measured.
    Running,
    /// Ended well.
    Successful,
    /// Ended badly.
    Failed,
    /// Could not be measured.
    Error,
    /// Neither good nor bad.
    Inconclusive,
}

impl AnalysisPhase {
    /// Whether nothing will change any more.
    pub fn completed(self) -> bool {
        matches!(self, Self::Successful | Self::Failed | Self::Error | Self::Inconclusive)
    }

    /// The word that stands in status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Error => "Error",
            Self::Inconclusive => "Inconclusive",
        }
    }
}

/// What an [`AnalysisRun`] found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AnalysisRunStatus {
    /// Where the run stands; `None` before its first reconcile.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_none")]
    pub phase: Option<AnalysisPhase>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// One entry a metric that was measured.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub metric_results: Vec<MetricResult>,
    /// End of the first valid reconcile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When the run ended normally.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
    /// Metrics by outcome, without dry runs.
    pub run_summary: RunSummary,
    /// Metrics by outcome, dry runs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run_summary: Option<RunSummary>,
}

impl AnalysisRunStatus {
    /// Whether the run was never reconciled.
    pub fn is_unset(&self) -> bool {
        *self == Self::default()
    }
}

/// Counts of metrics by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunSummary {
    /// All of them.
    #[serde(skip_serializing_if = "is_zero")]
    pub count: i32,
    /// Successful ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub successful: i32,
    /// Failed ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: i32,
    /// Inconclusive ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub inconclusive: i32,
    /// Ones with an error.
    #[serde(skip_serializing_if = "is_zero")]
    pub error: i32,
}

/// What was found of one metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricResult {
    /// Name of the metric.
    pub name: String,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_none")]
    pub phase: Option<AnalysisPhase>,
    /// The newest measurements.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub measurements: Vec<Measurement>,
    /// Message of the measurement that changed the phase.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Measurements that were not errors.
    #[serde(skip_serializing_if = "is_zero")]
    pub count: i32,
    /// Good ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub successful: i32,
    /// Bad ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: i32,
    /// Undecided ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub inconclusive: i32,
    /// Errors.
    #[serde(skip_serializing_if = "is_zero")]
    pub error: i32,
    /// Successive errors at the end.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_error: i32,
    /// Whether it counts for nothing.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// What the provider says of itself, such as the resolved query.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Successive good ones at the end.
    #[serde(skip_serializing_if = "is_zero")]
    pub consecutive_success: i32,
}

/// One look at one metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Measurement {
    /// Verdict.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_none")]
    pub phase: Option<AnalysisPhase>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended; `None` while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// What was read, as text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What the provider wants to remember.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// When the provider wants to be asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume_at: Option<Time>,
}

/// Reads a phase; `""` is how Go writes that there is none.
pub(crate) fn empty_is_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    use serde::de::{IntoDeserializer, value::StringDeserializer};
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => {
            let text: StringDeserializer<D::Error> = text.into_deserializer();
            T::deserialize(text).map(Some)
        }
    }
}

/// Writes a phase as Go does: `""` when there is none.
#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // serde passes a reference
pub(crate) fn none_is_empty<S: serde::Serializer>(
    phase: &Option<AnalysisPhase>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(phase.map_or("", AnalysisPhase::as_str))
}
