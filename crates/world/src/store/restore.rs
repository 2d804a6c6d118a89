//! Puts back the objects that an earlier world has had.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::{Id, Store};
use crate::{WatchEvent, WatchEventType, World, kinds, meta};

impl World {
    /// Replaces everything by `objects` (group, plural and the object as it was stored), at `version`.
    ///
    /// Definitions of custom resources may come in any place. `uids` is the largest of the counters at the ends of all
    /// uids that the earlier world has given out: none is given out again. The watch log begins anew: watchers of the
    /// earlier world that have not seen `version` get 410. The built-in controllers look at everything once.
    pub fn restore(
        &mut self,
        version: u64,
        uids: u64,
        objects: impl IntoIterator<Item = (String, String, Arc<Value>)>,
    ) {
        let (definitions, others): (Vec<_>, Vec<_>) =
            objects.into_iter().partition(|(_, plural, _)| plural == "customresourcedefinitions");
        self.store.clear(version, uids);
        for (group, plural, object) in definitions.iter().chain(&others) {
            let Some(kind) = self.store.kind(group, plural) else { continue };
            let id = kind.id(meta::namespace(object), meta::name(object));
            if plural == "customresourcedefinitions" {
                kinds::register(&mut self.store, object);
            }
            self.store.put_back(id, object.clone());
        }
        self.look_at_everything();
    }
}

impl Store {
    fn clear(&mut self, version: u64, uids: u64) {
        for collection in self.groups.values_mut().flat_map(|plurals| plurals.values_mut()) {
            collection.namespaces.clear();
        }
        self.dependents.clear();
        self.uids_at.clear();
        self.log = VecDeque::new();
        self.version = self.version.max(version);
        self.unread = self.version;
        self.uids = self.uids.max(uids);
    }

    /// All objects, as if each had just been created.
    pub(crate) fn as_new(&self) -> impl Iterator<Item = WatchEvent> {
        let version = self.version;
        self.collections().flat_map(move |collection| {
            let (group, plural) = (collection.kind.group.clone(), collection.kind.plural.clone());
            collection.objects("").map(move |object| WatchEvent {
                version,
                kind: WatchEventType::Added,
                group: group.clone(),
                plural: plural.clone(),
                object: object.clone(),
                previous: None,
            })
        })
    }

    fn put_back(&mut self, id: Id, object: Arc<Value>) {
        self.index(&id, None, Some(&object));
        if let Some(collection) =
            self.groups.get_mut(&id.group).and_then(|plurals| plurals.get_mut(&id.plural))
        {
            collection.namespaces.entry(id.namespace).or_default().insert(id.name, object);
        }
    }
}
