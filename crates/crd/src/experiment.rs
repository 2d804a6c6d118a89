//! Experiments: pods of several templates beside each other for a while, and analyses of them (spec experiment-01).

use serde::{Deserialize, Serialize};

use crate::{
    AnalysisPhase, AnalysisRunMetadata, Argument, Condition, DryRun, LabelSelector, MeasurementRetention,
    ObjectMeta, PodTemplate, Time,
    analysis::{empty_is_none, none_is_empty},
    is_false, is_zero,
    meta::null_is_empty,
};

/// An `argoproj.io/v1alpha1` Experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Experiment {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: ExperimentSpec,
    /// What was found. There is no status subresource: it is written with the object.
    #[serde(skip_serializing_if = "ExperimentStatus::is_unset")]
    pub status: ExperimentStatus,
}

/// What an [`Experiment`] runs and measures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentSpec {
    /// What runs beside each other.
    #[serde(deserialize_with = "null_is_empty")]
    pub templates: Vec<ExperimentTemplate>,
    /// Go duration from the moment at which all templates are available; empty: until somebody ends it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub duration: String,
    /// Seconds that a template may take to become available (default 600).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_deadline_seconds: Option<i32>,
    /// Asks it to end early.
    #[serde(skip_serializing_if = "is_false")]
    pub terminate: bool,
    /// What is measured once all templates are available.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub analyses: Vec<ExperimentAnalysis>,
    /// Seconds that pods stay after the end (default 30).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_down_delay_seconds: Option<i32>,
    /// Which metrics count for nothing, in every run.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub dry_run: Vec<DryRun>,
    /// How many measurements are kept, in every run.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub measurement_retention: Vec<MeasurementRetention>,
    /// Labels and annotations of every run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysis_run_metadata: Option<AnalysisRunMetadata>,
}

/// One ReplicaSet of an [`Experiment`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentTemplate {
    /// Unique in the Experiment.
    pub name: String,
    /// Pods (default 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Seconds that a pod must be ready before it counts as available.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_ready_seconds: i32,
    /// Which pods belong to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// What the pods look like.
    pub template: PodTemplate,
    /// A Service of its own, wanted when it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ExperimentService>,
}

/// The Service of an [`ExperimentTemplate`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentService {
    /// Its name; empty: that of the ReplicaSet.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// One analysis of an [`Experiment`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentAnalysis {
    /// Unique in the Experiment.
    pub name: String,
    /// Name of the template.
    pub template_name: String,
    /// Whether it is a ClusterAnalysisTemplate.
    #[serde(skip_serializing_if = "is_false")]
    pub cluster_scope: bool,
    /// Values of its parameters; `{{templates.<name>.podTemplateHash}}` and the like are filled in.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub args: Vec<Argument>,
    /// Whether the Experiment ends well only after this one did, and as soon as all such ones did.
    #[serde(skip_serializing_if = "is_false")]
    pub required_for_completion: bool,
}

/// What was found of an [`Experiment`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentStatus {
    /// Where it stands; `None` before its first reconcile.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_none")]
    pub phase: Option<AnalysisPhase>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When all templates were available for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_at: Option<Time>,
    /// One entry a template.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub template_statuses: Vec<TemplateStatus>,
    /// `InvalidSpec` and `Progressing`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub conditions: Vec<Condition>,
    /// One entry an analysis.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub analysis_runs: Vec<ExperimentAnalysisStatus>,
}

impl ExperimentStatus {
    /// Whether the Experiment was never reconciled.
    pub fn is_unset(&self) -> bool {
        *self == Self::default()
    }
}

/// What was found of one [`ExperimentTemplate`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateStatus {
    /// Name of the template.
    pub name: String,
    /// Existing pods.
    pub replicas: i32,
    /// The same: all pods are of the one template.
    pub updated_replicas: i32,
    /// Ready pods.
    pub ready_replicas: i32,
    /// Available pods.
    pub available_replicas: i32,
    /// How often the name of the ReplicaSet was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collision_count: Option<i32>,
    /// Where it stands.
    #[serde(rename = "status", skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_none")]
    pub code: Option<TemplateCode>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it made progress last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    /// The Service in front of its pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_name: String,
    /// The hash that marks its pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_template_hash: String,
}

/// Where a template of an [`Experiment`] stands, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TemplateCode {
    /// Ran to its end.
    Successful,
    /// All its pods are available.
    Running,
    /// Some are not.
    Progressing,
    /// Something that it needs could not be made.
    Error,
    /// Its pods were not available in time.
    Failed,
}

impl TemplateCode {
    /// Whether nothing will change any more.
    pub fn completed(self) -> bool {
        matches!(self, Self::Successful | Self::Failed | Self::Error)
    }

    /// The word that stands in status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Successful => "Successful",
            Self::Running => "Running",
            Self::Progressing => "Progressing",
            Self::Error => "Error",
            Self::Failed => "Failed",
        }
    }
}

/// What was found of one [`ExperimentAnalysis`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExperimentAnalysisStatus {
    /// Name of the analysis.
    pub name: String,
    /// Name of the AnalysisRun; empty before there is one.
    pub analysis_run: String,
    /// Phase of the run; `None` (written as `""`) before its first reconcile.
    #[serde(deserialize_with = "empty_is_none", serialize_with = "none_is_empty")]
    pub phase: Option<AnalysisPhase>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}
