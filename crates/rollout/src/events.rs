//! Reasons of events, as users and notification triggers know them (spec rollout-status-events 7).

use crate::decision::{Event, EventType};

/// The revision annotation of the Rollout changed.
pub const ROLLOUT_UPDATED: &str = "RolloutUpdated";
/// A ReplicaSet was created for a new template.
pub const NEW_REPLICA_SET_CREATED: &str = "NewReplicaSetCreated";
/// The size of a ReplicaSet changed.
pub const SCALING_REPLICA_SET: &str = "ScalingReplicaSet";
/// An update began.
pub const ROLLOUT_NOT_COMPLETED: &str = "RolloutNotCompleted";
/// An update was promoted.
pub const ROLLOUT_COMPLETED: &str = "RolloutCompleted";
/// The controller paused the update.
pub const ROLLOUT_PAUSED: &str = "RolloutPaused";
/// The controller ended its pause.
pub const ROLLOUT_RESUMED: &str = "RolloutResumed";
/// The controller saw the Rollout for the first time. Told by the adapter.
pub const ROLLOUT_ADDED: &str = "RolloutAddedToInformer";
/// The Rollout is gone. Told by the adapter.
pub const ROLLOUT_DELETED: &str = "RolloutDeleted";
/// A step was completed.
pub const ROLLOUT_STEP_COMPLETED: &str = "RolloutStepCompleted";
/// Steps were skipped by a rollback.
pub const SKIP_STEPS: &str = "SkipSteps";
/// The update was given up.
pub const ROLLOUT_ABORTED: &str = "RolloutAborted";
/// The selector of a Service changed.
pub const SWITCH_SERVICE: &str = "SwitchService";
/// The traffic split changed.
pub const TRAFFIC_WEIGHT_UPDATED: &str = "TrafficWeightUpdated";
/// A router refused the split.
pub const TRAFFIC_ROUTING_ERROR: &str = "TrafficRoutingError";
/// Nobody could tell whether the split is real.
pub const WEIGHT_VERIFY_ERROR: &str = "WeightVerifyError";
/// Something that a pass needs could not be done.
pub const RECONCILIATION_ERROR: &str = "ReconciliationError";
/// A plugin step reached another phase.
pub const STEP_PLUGIN_TRANSITION: &str = "StepPluginTransition";

/// An Experiment was created for a step.
pub const EXPERIMENT_CREATED: &str = "ExperimentCreated";
/// The ReplicaSet of an Experiment could not be created.
pub const REPLICA_SET_CREATE_ERROR: &str = "ReplicaSetCreateError";
/// The ReplicaSet of an Experiment could not be scaled.
pub const REPLICA_SET_UPDATE_ERROR: &str = "ReplicaSetUpdateError";
/// An AnalysisRun was asked to end with its Experiment.
pub const ANALYSIS_RUN_TERMINATING: &str = "AnalysisRunTerminating";

/// The reason that tells a phase of an Experiment.
pub const fn experiment(phase: crd::AnalysisPhase) -> &'static str {
    match phase {
        crd::AnalysisPhase::Pending => "ExperimentPending",
        crd::AnalysisPhase::Running => "ExperimentRunning",
        crd::AnalysisPhase::Successful => "ExperimentSuccessful",
        crd::AnalysisPhase::Failed => "ExperimentFailed",
        crd::AnalysisPhase::Error => "ExperimentError",
        crd::AnalysisPhase::Inconclusive => "ExperimentInconclusive",
    }
}

/// The reason that tells where a template of an Experiment stands.
pub const fn template(code: crd::TemplateCode) -> &'static str {
    match code {
        crd::TemplateCode::Successful => "TemplateSuccessful",
        crd::TemplateCode::Running => "TemplateRunning",
        crd::TemplateCode::Progressing => "TemplateProgressing",
        crd::TemplateCode::Error => "TemplateError",
        crd::TemplateCode::Failed => "TemplateFailed",
    }
}

/// The reason that tells a phase of an AnalysisRun.
pub const fn analysis_run(phase: crd::AnalysisPhase) -> &'static str {
    match phase {
        crd::AnalysisPhase::Pending => "AnalysisRunPending",
        crd::AnalysisPhase::Running => "AnalysisRunRunning",
        crd::AnalysisPhase::Successful => "AnalysisRunSuccessful",
        crd::AnalysisPhase::Failed => "AnalysisRunFailed",
        crd::AnalysisPhase::Error => "AnalysisRunError",
        crd::AnalysisPhase::Inconclusive => "AnalysisRunInconclusive",
    }
}

/// The reason that tells how a metric of an AnalysisRun ended.
pub const fn metric(phase: crd::AnalysisPhase) -> &'static str {
    match phase {
        crd::AnalysisPhase::Pending => "MetricPending",
        crd::AnalysisPhase::Running => "MetricRunning",
        crd::AnalysisPhase::Successful => "MetricSuccessful",
        crd::AnalysisPhase::Failed => "MetricFailed",
        crd::AnalysisPhase::Error => "MetricError",
        crd::AnalysisPhase::Inconclusive => "MetricInconclusive",
    }
}

/// An event that tells of something as intended.
pub(crate) fn normal(reason: &'static str, message: String) -> Event {
    Event { kind: EventType::Normal, reason, message }
}

/// An event that somebody may want to look at.
pub(crate) fn warning(reason: &'static str, message: String) -> Event {
    Event { kind: EventType::Warning, reason, message }
}
