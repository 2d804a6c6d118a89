//! Namespaces: a deleted one takes its contents with it.

use jiff::Timestamp;
use serde_json::Value;

use super::{Controller, write};
use crate::store::{Collection, Id, Store};
use crate::{WatchEvent, WatchEventType, meta};

pub(super) const NAMESPACE: Controller = Controller { concerns, sync };

fn concerns(store: &Store, event: &WatchEvent) -> Vec<Id> {
    if &*event.plural == "namespaces" && event.group.is_empty() {
        return if meta::is_deleting(&event.object) { vec![event.id()] } else { Vec::new() };
    }
    let namespace = meta::namespace(&event.object);
    if event.kind != WatchEventType::Deleted || namespace.is_empty() {
        return Vec::new();
    }
    let Some(collection) = store.collection("", "namespaces") else { return Vec::new() };
    let live = store.get("", "namespaces", "", namespace);
    live.filter(|live| meta::is_deleting(live)).map(|_| collection.id("", namespace)).into_iter().collect()
}

fn sync(store: &mut Store, id: &Id, now: Timestamp) -> Option<Timestamp> {
    let live = store.find(id)?;
    if !meta::is_deleting(live) {
        return None;
    }
    for object in contents(store, &id.name) {
        write::delete(store, &object, "Background", now);
    }
    if contents(store, &id.name).is_empty() {
        write::change(store, id, |namespace| meta::set(namespace, &["spec", "finalizers"], Value::Null));
    }
    None
}

fn contents(store: &Store, namespace: &str) -> Vec<Id> {
    let namespaced = store.collections().filter(|collection| collection.kind.namespaced);
    let ids = |collection: &Collection| -> Vec<Id> {
        collection.objects(namespace).map(|object| collection.id(namespace, meta::name(object))).collect()
    };
    namespaced.flat_map(ids).collect()
}
