//! What a traffic router can do.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crd::{Kind, ObjectKey, Rollout, TrafficRouting};
use serde_json::Value;

use crate::Intent;

/// Splits traffic between the versions of a rollout.
///
/// Every method is a pure function. Whether a split is real is answered from the live objects as well, see
/// [`Router::verified`]; only a router whose truth lies outside the cluster (a cloud load balancer) would need to
/// have a question asked out there.
pub trait Router: fmt::Debug + Sync {
    /// Its name in events, metrics and status.
    fn name(&self) -> &'static str;

    /// The keys of `trafficRouting` or `trafficRouting.plugins` that configure it.
    fn serves(&self) -> &'static [&'static str];

    /// The kinds of objects that it may read and patch; RBAC follows from it.
    fn kinds(&self) -> &'static [Kind];

    /// Whether `routing` configures it.
    fn selected(&self, routing: &TrafficRouting) -> bool {
        self.serves()
            .iter()
            .any(|name| routing.plugins.contains_key(*name) || routing.routers.contains_key(*name))
    }

    /// The objects that it must see to answer the questions below. Empty when its configuration cannot be read;
    /// [`Router::edits`] says why.
    fn reads(&self, rollout: &Rollout) -> Vec<ObjectKey>;

    /// The patches that make the live objects carry the intent; none when they do already.
    fn edits(&self, rollout: &Rollout, live: &Live, intent: &Intent) -> Result<Vec<Edit>, Invalid>;

    /// Whether the intent is what happens to traffic, as far as the live objects tell (invariant I1).
    ///
    /// `None` when they cannot tell at all.
    fn verified(&self, rollout: &Rollout, live: &Live, intent: &Intent) -> Option<bool>;
}

/// The objects of [`Router::reads`] that exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// By key, as read.
    pub objects: BTreeMap<ObjectKey, Arc<Value>>,
}

/// One patch of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Which object.
    pub key: ObjectKey,
    /// RFC 6902 JSON patch. It tests what it replaces, so that a concurrent change is a conflict.
    pub patch: Value,
}

/// Why an intent cannot be carried out: somebody has to change an object first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{object}: {field}: {problem}; {remedy}")]
pub struct Invalid {
    /// The object that is wrong, such as `HTTPRoute prod/shop`.
    pub object: String,
    /// The field in it.
    pub field: String,
    /// What is wrong with its value.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}
