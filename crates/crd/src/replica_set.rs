//! ReplicaSets, as far as a rollout reads and writes them.

use serde::{Deserialize, Serialize};

use crate::{Condition, LabelSelector, ObjectMeta, PodTemplate, is_zero, meta::null_is_empty, names};

/// An `apps/v1` ReplicaSet: one revision of the pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSet {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: ReplicaSetSpec,
    /// What is there.
    pub status: ReplicaSetStatus,
}

/// What a ReplicaSet should be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetSpec {
    /// Wanted number of pods; Kubernetes defaults an absent one to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Seconds that a pod must be ready before it counts as available.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_ready_seconds: i32,
    /// Which pods belong to it.
    pub selector: LabelSelector,
    /// What the pods look like.
    pub template: PodTemplate,
}

/// What a ReplicaSet observed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetStatus {
    /// Existing pods.
    pub replicas: i32,
    /// Existing pods that match the template's labels.
    #[serde(skip_serializing_if = "is_zero")]
    pub fully_labeled_replicas: i32,
    /// Ready pods.
    #[serde(skip_serializing_if = "is_zero")]
    pub ready_replicas: i32,
    /// Pods that have been ready for `minReadySeconds`.
    #[serde(skip_serializing_if = "is_zero")]
    pub available_replicas: i32,
    /// The generation that these figures are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Such as `ReplicaFailure`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub conditions: Vec<Condition>,
}

impl ReplicaSet {
    /// The wanted number of pods.
    pub fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// The pod-template hash that marks its pods; empty when it carries none.
    pub fn hash(&self) -> &str {
        self.metadata.label(names::POD_TEMPLATE_HASH)
    }

    /// Its revision, when the annotation holds a number.
    pub fn revision(&self) -> Option<i64> {
        self.metadata.annotation(names::REVISION)?.parse().ok()
    }
}
