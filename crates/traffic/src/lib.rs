//! Traffic routers as pure edits: a live route object and an intent go in, a patch comes out.
//!
//! For: splitting traffic between the versions of a rollout by whatever routes it, without knowing a cluster. Each
//! router is one row of [`ROUTERS`] and one file.
//!
//! Not for: deciding weights (see `aviary-rollout`), or reading and writing objects (see `aviary-cluster`).
//!
//! ```
//! use std::{collections::BTreeMap, sync::Arc};
//! use aviary_traffic::{Intent, Live, selected};
//! use serde_json::json;
//!
//! let rollout: crd::Rollout = serde_json::from_value(json!({
//!     "metadata": {"name": "shop", "namespace": "prod"},
//!     "spec": {"strategy": {"canary": {
//!         "canaryService": "canary", "stableService": "stable",
//!         "trafficRouting": {"plugins": {"aviary/gateway-api": {"httpRoute": "shop"}}},
//!     }}},
//! }))?;
//! let route = json!({"spec": {"rules": [{"backendRefs": [
//!     {"name": "stable", "port": 80}, {"name": "canary", "port": 80},
//! ]}]}});
//!
//! let router = selected(&rollout)[0];
//! let key = router.reads(&rollout).remove(0);
//! let live = Live { objects: BTreeMap::from([(key, Arc::new(route))]) };
//! let intent = Intent {
//!     canary_weight: 20,
//!     canary_service: "canary".to_owned(),
//!     stable_service: "stable".to_owned(),
//!     ..Intent::default()
//! };
//! let edits = router.edits(&rollout, &live, &intent)?;
//! let weights = edits[0].patch.as_array().unwrap().iter().filter(|op| op["path"] != "/metadata/labels");
//! assert_eq!(weights.filter(|op| op["op"] == "add").count(), 2);
//! assert_eq!(router.verified(&rollout, &live, &intent), Some(false));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod gateway_api;
mod intent;
mod router;

use crd::{Rollout, TrafficRouting};

pub use gateway_api::GatewayApi;
pub use intent::{Intent, ManagedRoutes};
pub use router::{Edit, Invalid, Live, Router};

/// Every router there is. A new one is a row here and a file beside `gateway_api.rs`.
pub static ROUTERS: &[&dyn Router] = &[&GatewayApi];

/// The routers that split the traffic of `rollout`, in the order of [`ROUTERS`].
pub fn selected(rollout: &Rollout) -> Vec<&'static dyn Router> {
    routing(rollout).map_or_else(Vec::new, |routing| {
        ROUTERS.iter().copied().filter(|router| router.selected(routing)).collect()
    })
}

/// Names of the routers that `rollout` configures and no row of [`ROUTERS`] serves, as they are written there.
///
/// Such a rollout must not proceed: its traffic would be assumed to move, and stay where it is.
pub fn unserved(rollout: &Rollout) -> Vec<&str> {
    let Some(routing) = routing(rollout) else { return Vec::new() };
    let served = |name: &&str| !ROUTERS.iter().any(|router| router.serves().contains(name));
    let names = routing.routers.keys().chain(routing.plugins.keys()).map(String::as_str);
    names.filter(served).collect()
}

fn routing(rollout: &Rollout) -> Option<&TrafficRouting> {
    rollout.canary()?.traffic_routing.as_ref()
}
