//! How traffic is split between the versions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::meta::null_is_empty;

/// Which routers split the traffic. Several may be set; each keeps its configuration as written and is read by the
/// router of the same name in `aviary-traffic`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrafficRouting {
    /// What 100 % is (default 100).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_traffic_weight: Option<i32>,
    /// Routes that steps create and the end removes, in order of precedence.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub managed_routes: Vec<ManagedRoute>,
    /// Routers that are not built into the resource, by plugin name.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "null_is_empty")]
    pub plugins: Map<String, Value>,
    /// The routers that are: `istio`, `nginx`, `alb`, `smi`, `ambassador`, `appMesh`, `traefik`, `apisix`.
    #[serde(flatten)]
    pub routers: Map<String, Value>,
}

/// A route that a step may create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedRoute {
    /// Its name.
    pub name: String,
}
