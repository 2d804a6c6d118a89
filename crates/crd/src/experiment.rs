//! Experiments, as far as a rollout's status names them. Their controller comes with a later issue.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ObjectMeta;

/// An `argoproj.io/v1alpha1` Experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Experiment {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is wanted, as written.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub spec: Value,
    /// What was observed, as written.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub status: Value,
}
