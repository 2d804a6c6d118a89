//! `argoproj.io/v1alpha1` as Rust data, and the few built-in Kubernetes objects that a rollout touches.
//!
//! For: reading and writing Rollouts, AnalysisRuns and their neighbours in any tool: a controller, a linter,
//! a pipeline, a browser. Field names, defaults and wire forms are those of the public custom resources.
//!
//! Not for: talking to a cluster (see `aviary-cluster`) or deciding anything (see `aviary-rollout`).
//!
//! ```
//! let rollout: aviary_crd::Rollout = aviary_crd::yaml::from_str(
//!     "
//! metadata: {name: shop, namespace: prod}
//! spec:
//!   replicas: 4
//!   strategy: {canary: {steps: [{setWeight: 25}, {pause: {duration: 5m}}]}}
//! ",
//! )?;
//! let steps = rollout.canary().map(|canary| canary.steps.as_slice()).unwrap_or_default();
//! assert_eq!(steps.len(), 2);
//! # Ok::<(), aviary_crd::yaml::Error>(())
//! ```
//!
//! Objects are plain data: every struct derives `PartialEq`, unknown fields are ignored on reading (we patch only
//! what we own, so nothing of theirs is lost on writing), and a pod template stays the JSON that the user wrote.

mod analysis;
mod beacon;
mod experiment;
mod int_or_string;
mod key;
mod manifests;
mod meta;
mod nearest;
mod pod;
mod replica_set;
mod rollout;
mod service;
mod string_map;
mod template;
mod time;

pub mod duration;
pub mod hash;
pub mod names;
pub mod quantity;
pub mod secrets;
pub mod strict;
pub mod yaml;

pub use analysis::{
    AnalysisPhase, AnalysisRun, AnalysisRunSpec, AnalysisRunStatus, AnalysisTemplate, AnalysisTemplateRef,
    AnalysisTemplateSpec, Argument, ArgumentSource, DryRun, Measurement, MeasurementRetention, Metric,
    MetricResult, RunSummary, SecretKeyRef, TtlStrategy,
};
pub use beacon::{Beacon, BeaconPhase};
pub use experiment::{
    Experiment, ExperimentAnalysis, ExperimentAnalysisStatus, ExperimentService, ExperimentSpec,
    ExperimentStatus, ExperimentTemplate, TemplateCode, TemplateStatus,
};
pub use int_or_string::IntOrString;
pub use key::{Kind, ObjectKey};
pub use manifests::manifests;
pub use meta::{LabelSelector, LabelSelectorRequirement, ObjectMeta, OwnerReference};
pub use nearest::nearest;
pub use pod::{Pod, PodCondition, PodStatus};
pub use replica_set::{ReplicaSet, ReplicaSetSpec, ReplicaSetStatus};
pub use rollout::{
    AnalysisRunMetadata, AnalysisRunRef, AntiAffinity, BackgroundAnalysis, BlueGreen, BlueGreenStatus,
    Canary, CanaryStatus, CanaryStep, Condition, ExperimentStep, ExperimentStepAnalysis,
    ExperimentStepTemplate, FieldRef, HeaderMatch, HistoryLimits, ManagedRoute, PauseCondition, PauseStep,
    PingPong, PluginOperation, PluginPhase, PluginStep, PodMetadata, PreferredAntiAffinity,
    ProgressThreshold, RollbackWindow, Rollout, RolloutAnalysis, RolloutArgument, RolloutArgumentSource,
    RolloutDuration, RolloutPhase, RolloutSpec, RolloutStatus, RouteMatch, SetCanaryScale, SetHeaderRoute,
    SetMirrorRoute, StepPluginStatus, Strategy, StringMatch, TrafficRouting, TrafficWeights,
    WeightDestination, WorkloadRef,
};
pub use service::{Service, ServicePort, ServiceSpec};
pub use string_map::{StringMap, StringMapIter};
pub use template::{PodSpec, PodTemplate, PodTemplateMeta};
pub use time::Time;

/// Skips a `bool` that is `false` when writing, as Go's `omitempty` does.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
pub(crate) fn is_false(value: &bool) -> bool {
    !*value
}

/// Skips a number that is zero when writing, as Go's `omitempty` does.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
pub(crate) fn is_zero(value: &i32) -> bool {
    *value == 0
}
