//! How controllers write: past the API's checks, because what they write holds by construction.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::store::{self, Id, Store};
use crate::verbs::{Deletion, forget, is_over};
use crate::{defaults, meta};

/// Stores a new object, named by its `generateName` where it has no name. `None` when the name is taken.
pub(crate) fn create(
    store: &mut Store,
    group: &str,
    plural: &str,
    mut object: Value,
    now: Timestamp,
) -> Option<Arc<Value>> {
    let kind = store.kind(group, plural)?.clone();
    if meta::name(&object).is_empty() {
        let prefix = meta::text(&object, &["metadata", "generateName"]).to_owned();
        let name = crate::verbs::generated(store, &prefix);
        meta::set(&mut object, &["metadata", "name"], name.into());
    }
    let id = kind.id(meta::namespace(&object), meta::name(&object));
    if store.find(&id).is_some() {
        return None;
    }
    object["apiVersion"] = kind.api_version().into();
    object["kind"] = (&*kind.kind).into();
    defaults::apply(&kind, &mut object);
    store::stamp_new(store, &mut object, now);
    if kind.has_generation() {
        meta::set(&mut object, &["metadata", "generation"], json!(1));
    }
    Some(store.put(&id, object))
}

/// Changes an object; a change of its spec raises the generation, no change is no write.
pub(crate) fn change(store: &mut Store, id: &Id, change: impl FnOnce(&mut Value)) {
    let Some(live) = store.find(id).cloned() else { return };
    let mut object = Value::clone(&live);
    change(&mut object);
    if object == *live {
        return;
    }
    if is_over(id, &object) {
        forget(store, id);
        return;
    }
    if let Some(generation) =
        meta::number(&live, &["metadata", "generation"]).filter(|_| object["spec"] != live["spec"])
    {
        meta::set(&mut object, &["metadata", "generation"], json!(generation + 1));
    }
    store.put(id, object);
}

/// Sets the status of an object, if it is another than before.
pub(crate) fn status(store: &mut Store, id: &Id, status: Value) {
    if store.find(id).is_some_and(|live| live.get("status") != Some(&status)) {
        change(store, id, |object| meta::set(object, &["status"], status));
    }
}

/// Deletes an object as the API would: with grace and finalizers.
pub(crate) fn delete(store: &mut Store, id: &Id, propagation: &str, now: Timestamp) {
    if let Some(live) = store.find(id).cloned() {
        let wish = Deletion { propagation: propagation.to_owned(), ..Deletion::default() };
        wish.carry_out(store, id, &live, now);
    }
}

/// Removes one finalizer; the object goes if it was the last thing that held it.
pub(crate) fn release(store: &mut Store, id: &Id, finalizer: &str) {
    change(store, id, |object| {
        let left = meta::items(object, &["metadata", "finalizers"]).iter();
        let left: Vec<Value> = left.filter(|name| *name != finalizer).cloned().collect();
        meta::set(
            object,
            &["metadata", "finalizers"],
            if left.is_empty() { Value::Null } else { left.into() },
        );
    });
}

/// A map without its zero counts: Go leaves them out.
pub(crate) fn counts<const N: usize>(counts: [(&str, i64); N]) -> Value {
    let set = counts.into_iter().filter(|(_, count)| *count != 0);
    Value::Object(set.map(|(name, count)| (name.to_owned(), json!(count))).collect())
}
