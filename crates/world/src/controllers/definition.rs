//! CustomResourceDefinitions: a deleted one takes the objects of its kind with it.

use jiff::Timestamp;

use super::{Controller, write};
use crate::store::{Id, Store};
use crate::{WatchEvent, WatchEventType, kinds, meta};

pub(super) const DEFINITION: Controller = Controller { concerns, sync };

fn concerns(store: &Store, event: &WatchEvent) -> Vec<Id> {
    let id = event.id();
    if kinds::is_definition(&id) {
        return if meta::is_deleting(&event.object) { vec![id] } else { Vec::new() };
    }
    if event.kind != WatchEventType::Deleted
        || store.kind(&id.group, &id.plural).is_none_or(|kind| !kind.is_custom())
    {
        return Vec::new();
    }
    let Some(definitions) = store.collection("apiextensions.k8s.io", "customresourcedefinitions") else {
        return Vec::new();
    };
    vec![definitions.id("", &format!("{}.{}", event.plural, event.group))]
}

fn sync(store: &mut Store, id: &Id, now: Timestamp) -> Option<Timestamp> {
    let definition = store.find(id)?;
    if !meta::is_deleting(definition) {
        return None;
    }
    let (plural, group) = id.name.split_once('.')?;
    let collection = store.collection(group, plural)?;
    let objects: Vec<Id> = collection
        .objects("")
        .map(|object| collection.id(meta::namespace(object), meta::name(object)))
        .collect();
    for object in &objects {
        write::delete(store, object, "Background", now);
    }
    if objects.iter().all(|object| store.find(object).is_none()) {
        write::release(store, id, kinds::CLEANUP);
    }
    None
}
