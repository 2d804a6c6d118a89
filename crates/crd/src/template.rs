//! Pod templates.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{StringMap, hash, meta::null_is_empty, names};

mod anti_affinity;
mod defaults;
mod spec;

pub use spec::PodSpec;

/// A pod template: metadata as data, the rest as the JSON that was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Labels and annotations of the pods.
    pub metadata: PodTemplateMeta,
    /// The pod specification, as written; an object, or null when absent.
    #[serde(skip_serializing_if = "PodSpec::is_absent")]
    pub spec: PodSpec,
}

/// The part of pod-template metadata that the custom resource keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplateMeta {
    /// Labels of the pods.
    #[serde(skip_serializing_if = "StringMap::is_empty", deserialize_with = "null_is_empty")]
    pub labels: StringMap,
    /// Annotations of the pods.
    #[serde(skip_serializing_if = "StringMap::is_empty", deserialize_with = "null_is_empty")]
    pub annotations: StringMap,
}

impl PodTemplate {
    /// The images of the containers (init containers are not counted), in order.
    pub fn images(&self) -> impl Iterator<Item = String> + use<> {
        let spec = self.spec.value();
        let containers = spec.get("containers").and_then(Value::as_array);
        let image = |container: &Value| Some(container.get("image")?.as_str()?.to_owned());
        containers.into_iter().flatten().filter_map(image).collect::<Vec<_>>().into_iter()
    }

    /// Whether both describe the same pods (spec rollout-reconcile 3.3 rule 3).
    ///
    /// Defaults of Kubernetes count as written, quantities by value, empty as absent; the pod-template hash label and
    /// the deprecated `serviceAccount` do not count. An injected anti-affinity does: see
    /// [`without_injected_anti_affinity`](Self::without_injected_anti_affinity).
    ///
    /// ```
    /// let written: aviary_crd::PodTemplate =
    ///     aviary_crd::yaml::from_str("{spec: {containers: [{name: c, image: nginx:1.25}]}}")?;
    /// let stored: aviary_crd::PodTemplate = aviary_crd::yaml::from_str(
    ///     "{spec: {dnsPolicy: ClusterFirst, containers: [{name: c, image: nginx:1.25, imagePullPolicy: IfNotPresent}]}}",
    /// )?;
    /// assert!(written.semantically_equal(&stored));
    /// # Ok::<(), aviary_crd::yaml::Error>(())
    /// ```
    pub fn semantically_equal(&self, other: &Self) -> bool {
        self.comparable() == other.comparable()
    }

    /// Equal texts mean equal pods.
    fn comparable(&self) -> String {
        let (mut metadata, mut spec) = (self.metadata.clone(), self.spec.value());
        metadata.labels.remove(names::POD_TEMPLATE_HASH);
        defaults::apply(&mut spec);
        hash::canonical_template(&metadata, &hash::canonical_spec(&spec, hash::Form::Semantic))
    }
}

#[cfg(test)]
mod tests;
