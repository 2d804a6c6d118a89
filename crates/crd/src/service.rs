//! Services, as far as a rollout reads and writes them.

use serde::{Deserialize, Serialize};

use crate::{IntOrString, ObjectMeta, StringMap, meta::null_is_empty, names};

/// A core `v1` Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: ServiceSpec,
}

/// Which pods a Service sends to, and through which ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// Labels that a pod must carry.
    #[serde(skip_serializing_if = "StringMap::is_empty", deserialize_with = "null_is_empty")]
    pub selector: StringMap,
    /// Ports.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub ports: Vec<ServicePort>,
}

/// One port of a [`Service`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Name; may be empty when there is one port.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `TCP` when absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub protocol: String,
    /// Port of the Service.
    pub port: i32,
    /// Port of the pods, by number or name; the Service's port when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<IntOrString>,
}

impl Service {
    /// The pod-template hash that the selector pins; empty when it pins none.
    pub fn selected_hash(&self) -> &str {
        self.spec.selector.get(names::POD_TEMPLATE_HASH).map_or("", String::as_str)
    }

    /// Whether the selector pins a pod-template hash at all.
    pub fn selects_hash(&self) -> bool {
        self.spec.selector.contains_key(names::POD_TEMPLATE_HASH)
    }
}
