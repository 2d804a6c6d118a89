//! Rollouts (spec rollout-fields).

mod blue_green;
mod canary;
mod routing;
mod spec;
mod status;
mod steps;

use serde::{Deserialize, Serialize};

use crate::ObjectMeta;

pub use blue_green::BlueGreen;
pub use canary::{BackgroundAnalysis, Canary, PingPong, PodMetadata, ProgressThreshold};
pub use routing::{ManagedRoute, TrafficRouting};
pub use spec::{
    AntiAffinity, HistoryLimits, PreferredAntiAffinity, RollbackWindow, RolloutSpec, Strategy, WorkloadRef,
};
pub use status::{
    AnalysisRunRef, BlueGreenStatus, CanaryStatus, Condition, PauseCondition, PluginOperation, PluginPhase,
    RolloutDuration, RolloutPhase, RolloutStatus, StepPluginStatus, TrafficWeights, WeightDestination,
};
pub use steps::{
    AnalysisRunMetadata, CanaryStep, ExperimentStep, ExperimentStepAnalysis, ExperimentStepTemplate,
    FieldRef, HeaderMatch, PauseStep, PluginStep, RolloutAnalysis, RolloutArgument, RolloutArgumentSource,
    RouteMatch, SetCanaryScale, SetHeaderRoute, SetMirrorRoute, StringMatch,
};

/// An `argoproj.io/v1alpha1` Rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rollout {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: RolloutSpec,
    /// What was observed and decided.
    #[serde(skip_serializing_if = "RolloutStatus::is_unset")]
    pub status: RolloutStatus,
}

impl Rollout {
    /// Wanted number of pods (default 1).
    pub fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// The canary strategy, when it is the one in use.
    pub fn canary(&self) -> Option<&Canary> {
        self.spec.strategy.canary.as_ref()
    }

    /// The blue-green strategy, when it is the one in use.
    pub fn blue_green(&self) -> Option<&BlueGreen> {
        self.spec.strategy.blue_green.as_ref()
    }

    /// Whether the newest template is the stable one (also when there is neither).
    pub fn fully_promoted(&self) -> bool {
        self.status.stable_rs == self.status.current_pod_hash
    }
}
