//! Pod templates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::meta::null_is_empty;

/// A pod template: metadata as data, the rest as the JSON that was written.
///
/// Kubernetes adds pod fields every release. Keeping `spec` open means that a field this version has never heard of
/// still reaches the pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Labels and annotations of the pods.
    pub metadata: PodTemplateMeta,
    /// The pod specification, as written; an object, or null when absent.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub spec: Value,
}

/// The part of pod-template metadata that the custom resource keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplateMeta {
    /// Labels of the pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl PodTemplate {
    /// The images of the containers (init containers are not counted), in order.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        let containers = self.spec.get("containers").and_then(Value::as_array);
        containers.into_iter().flatten().filter_map(|container| container.get("image")?.as_str())
    }
}
