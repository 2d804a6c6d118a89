//! The end of an object: what happens when nothing holds it any longer.

use std::sync::Arc;

use serde_json::Value;

use crate::kinds;
use crate::meta;
use crate::store::{Id, Store};

/// Whether a deleted object has nothing left to wait for.
pub(crate) fn is_over(id: &Id, object: &Value) -> bool {
    let grace = || meta::number(object, &["metadata", "deletionGracePeriodSeconds"]).unwrap_or(0);
    meta::is_deleting(object)
        && meta::items(object, &["metadata", "finalizers"]).is_empty()
        && (grace() == 0 || !is_pod(id))
        && (!is_namespace(id) || meta::items(object, &["spec", "finalizers"]).is_empty())
}

/// Takes the object out of the store; with a CustomResourceDefinition goes its kind.
pub(crate) fn forget(store: &mut Store, id: &Id) -> Option<Arc<Value>> {
    let last = store.remove(id);
    if kinds::is_definition(id) {
        kinds::unregister(store, id);
    }
    last
}

pub(crate) fn is_pod(id: &Id) -> bool {
    id.group.is_empty() && &*id.plural == "pods"
}

pub(crate) fn is_namespace(id: &Id) -> bool {
    id.group.is_empty() && &*id.plural == "namespaces"
}
