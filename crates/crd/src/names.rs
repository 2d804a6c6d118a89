//! Well-known labels and annotations (spec rollout-fields, section 1).

/// Label on ReplicaSets, their selectors and pods, AnalysisRuns and Experiments; key in Service selectors.
pub const POD_TEMPLATE_HASH: &str = "rollouts-pod-template-hash";
/// Annotation: revision number, decimal.
pub const REVISION: &str = "rollout.argoproj.io/revision";
/// Annotation on a ReplicaSet: its earlier revisions, comma separated.
pub const REVISION_HISTORY: &str = "rollout.argoproj.io/revision-history";
/// Annotation on a ReplicaSet: the Rollout's `spec.replicas` when it was touched last.
pub const DESIRED_REPLICAS: &str = "rollout.argoproj.io/desired-replicas";
/// Annotation: generation of the referenced workload.
pub const WORKLOAD_GENERATION: &str = "rollout.argoproj.io/workload-generation";
/// Annotation on a ReplicaSet: ephemeral metadata that was injected, as JSON.
pub const EPHEMERAL_METADATA: &str = "rollout.argoproj.io/ephemeral-metadata";
/// Annotation on a ReplicaSet: RFC 3339 time after which it may be scaled to zero.
pub const SCALE_DOWN_DEADLINE: &str = "scale-down-deadline";
/// Annotation on a Service: name of the Rollout that manages its selector.
pub const MANAGED_BY: &str = "argo-rollouts.argoproj.io/managed-by-rollouts";
/// Label: which controller instance looks after the object.
pub const INSTANCE_ID: &str = "argo-rollouts.argoproj.io/controller-instance-id";
/// Label on an AnalysisRun: `Step`, `Background`, `PrePromotion` or `PostPromotion`.
pub const ROLLOUT_TYPE: &str = "rollout-type";
/// Label on a step AnalysisRun: index of the step, decimal.
pub const STEP_INDEX: &str = "step-index";
/// Annotation on whatever an Experiment creates for a template: name of the Experiment.
pub const EXPERIMENT: &str = "experiment.argoproj.io/name";
/// Annotation beside it: name of the template.
pub const EXPERIMENT_TEMPLATE: &str = "experiment.argoproj.io/template-name";
/// Annotation of kubectl, never copied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Annotation of the notification engine, never copied.
pub const NOTIFIED: &str = "notified.notifications.argoproj.io";
/// Annotation of ours on a Rollout: names the release when image names alone do not.
pub const RELEASE: &str = "aviary.dev/release";
/// Label of ours on the ConfigMap that carries a [`Beacon`](crate::Beacon); its value is the release group.
pub const BEACON: &str = "aviary.dev/release-group";
/// Label of ours on a Secret that holds the kubeconfig of a peer region; its value is the region.
pub const REGION: &str = "aviary.dev/region";
