//! The objects, their versions and the log of changes: the only place where anything is written.

mod restore;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::kinds::{BUILT_IN, Kind};
use crate::{Status, WatchEvent, WatchEventType, meta};

/// Addresses one object; orders by kind, namespace, name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    pub(crate) group: Arc<str>,
    pub(crate) plural: Arc<str>,
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
}

/// Changes that the log keeps at least, for watchers that come late.
const HISTORY: usize = 8192;
/// The first version that is given out: 0 means "any version" to clients, so nothing may carry it.
const FIRST_VERSION: u64 = 1;

/// All objects of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Collection {
    pub(crate) kind: Arc<Kind>,
    /// By namespace (empty for cluster-wide kinds), then by name.
    pub(crate) namespaces: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<Value>>>,
}

/// The objects, their versions and the log of changes.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    groups: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Collection>>,
    version: u64,
    uids: u64,
    seed: u64,
    log: VecDeque<WatchEvent>,
    /// Objects by the uid of each of their owners.
    dependents: BTreeMap<String, BTreeSet<Id>>,
    /// Where each uid lives.
    uids_at: BTreeMap<String, Id>,
    /// Events that a reader inside the world has not seen yet start here; they are never dropped.
    pub(crate) unread: u64,
}

impl Store {
    pub(crate) fn new(seed: u64) -> Self {
        let mut store = Self {
            groups: BTreeMap::new(),
            version: FIRST_VERSION,
            uids: 0,
            seed,
            log: VecDeque::new(),
            dependents: BTreeMap::new(),
            uids_at: BTreeMap::new(),
            unread: FIRST_VERSION,
        };
        for row in BUILT_IN {
            store.add_kind(row.to_kind());
        }
        store
    }

    /// Serves `kind` from now on; the objects of an earlier definition of it stay.
    pub(crate) fn add_kind(&mut self, kind: Kind) {
        let kind = Arc::new(kind);
        self.groups
            .entry(kind.group.clone())
            .or_default()
            .entry(kind.plural.clone())
            .and_modify(|collection| collection.kind = kind.clone())
            .or_insert_with(|| Collection { kind: kind.clone(), namespaces: BTreeMap::new() });
    }

    /// Serves the kind no longer. Its objects must be gone.
    pub(crate) fn remove_kind(&mut self, group: &str, plural: &str) {
        if let Some(plurals) = self.groups.get_mut(group) {
            plurals.remove(plural);
            if plurals.is_empty() {
                self.groups.remove(group);
            }
        }
    }

    pub(crate) fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.groups.values().flat_map(BTreeMap::values)
    }

    pub(crate) fn collection(&self, group: &str, plural: &str) -> Option<&Collection> {
        self.groups.get(group)?.get(plural)
    }

    pub(crate) fn kind(&self, group: &str, plural: &str) -> Option<&Arc<Kind>> {
        self.collection(group, plural).map(|collection| &collection.kind)
    }

    pub(crate) fn get(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.collection(group, plural)?.namespaces.get(namespace)?.get(name)
    }

    pub(crate) fn find(&self, id: &Id) -> Option<&Arc<Value>> {
        self.get(&id.group, &id.plural, &id.namespace, &id.name)
    }

    /// The objects of a kind in one namespace, or everywhere when it is empty, by namespace and name.
    pub(crate) fn list<'a>(
        &'a self,
        group: &str,
        plural: &str,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Value>> + use<'a> {
        self.collection(group, plural).into_iter().flat_map(move |collection| collection.objects(namespace))
    }

    /// Objects that name `uid` as an owner; for the empty uid the pods that nobody controls.
    pub(crate) fn dependents(&self, uid: &str) -> impl Iterator<Item = &Id> {
        self.dependents.get(uid).into_iter().flatten()
    }

    /// Where the object with this uid lives.
    pub(crate) fn by_uid(&self, uid: &str) -> Option<&Id> {
        self.uids_at.get(uid)
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The uid of the next new object.
    pub(crate) fn next_uid(&mut self) -> String {
        self.uids += 1;
        let mixed = mix(self.seed ^ mix(self.uids));
        let (high, low) = (mixed >> 32, mixed & 0xffff_ffff);
        // The shape of a version 4 uuid; the counter at its end makes it unique whatever the hash does.
        format!(
            "{high:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            low >> 16,
            low >> 4 & 0xfff,
            low & 0xfff,
            self.uids
        )
    }

    /// Five letters that are new each time, as `generateName` appends them.
    pub(crate) fn suffix(&mut self) -> String {
        self.uids += 1;
        name_suffix(mix(self.seed.rotate_left(32) ^ mix(self.uids)))
    }

    /// Stores `object`, with a new version, and tells it to the log.
    pub(crate) fn put(&mut self, id: &Id, mut object: Value) -> Arc<Value> {
        self.version += 1;
        let version = self.version.to_string();
        meta::map_at(&mut object, &["metadata"]).insert("resourceVersion".to_owned(), version.into());
        let object = Arc::new(object);
        let slot = self.groups.entry(id.group.clone()).or_default().get_mut(&id.plural);
        let previous = slot.and_then(|collection| {
            let names = collection.namespaces.entry(id.namespace.clone()).or_default();
            names.insert(id.name.clone(), object.clone())
        });
        self.index(id, previous.as_deref(), Some(&object));
        let kind = if previous.is_some() { WatchEventType::Modified } else { WatchEventType::Added };
        self.tell(id, kind, object.clone(), previous);
        object
    }

    /// Forgets an object. The log's last word on it carries a version of its own.
    pub(crate) fn remove(&mut self, id: &Id) -> Option<Arc<Value>> {
        let collection = self.groups.get_mut(&id.group)?.get_mut(&id.plural)?;
        let names = collection.namespaces.get_mut(&id.namespace)?;
        let previous = names.remove(&id.name)?;
        if names.is_empty() {
            collection.namespaces.remove(&id.namespace);
        }
        self.version += 1;
        let mut last = Value::clone(&previous);
        let version = self.version.to_string();
        meta::map_at(&mut last, &["metadata"]).insert("resourceVersion".to_owned(), version.into());
        let last = Arc::new(last);
        self.index(id, Some(&previous), None);
        self.tell(id, WatchEventType::Deleted, last.clone(), Some(previous));
        Some(last)
    }

    /// The log after `version`, oldest first.
    pub(crate) fn events_after(
        &self,
        version: u64,
    ) -> Result<impl DoubleEndedIterator<Item = &WatchEvent> + ExactSizeIterator, Status> {
        let oldest = self.log.front().map_or(self.version, |event| event.version - 1);
        if version < oldest {
            return Err(Status::expired(version, oldest));
        }
        // Every version is one event, so the position follows from the number.
        Ok(self.log.range(((version - oldest) as usize).min(self.log.len())..))
    }

    /// Shortens the log to `keep` changes (watchers behind that get 410), but never past an unread one.
    pub(crate) fn compact(&mut self, keep: usize) {
        while self.log.len() > keep && self.log.front().is_some_and(|event| event.version <= self.unread) {
            self.log.pop_front();
        }
    }

    fn tell(&mut self, id: &Id, kind: WatchEventType, object: Arc<Value>, previous: Option<Arc<Value>>) {
        let (group, plural) = (id.group.clone(), id.plural.clone());
        self.log.push_back(WatchEvent { version: self.version, kind, group, plural, object, previous });
        if self.log.len() > HISTORY {
            self.compact(HISTORY);
        }
    }

    fn index(&mut self, id: &Id, old: Option<&Value>, new: Option<&Value>) {
        if old.map(meta::uid) != new.map(meta::uid) {
            if let Some(old) = old {
                self.uids_at.remove(meta::uid(old));
            }
            if let Some(new) = new {
                self.uids_at.insert(meta::uid(new).to_owned(), id.clone());
            }
        }
        let is_pod = id.group.is_empty() && &*id.plural == "pods";
        let owners = |object: Option<&Value>| -> Vec<String> {
            let references = object.map(|object| meta::items(object, &["metadata", "ownerReferences"]));
            let references = references.unwrap_or_default().iter();
            let mut owners: Vec<String> =
                references.map(|owner| meta::text(owner, &["uid"]).to_owned()).collect();
            // A pod that nobody controls may be adopted: it is found under the empty uid.
            if is_pod && object.is_some_and(|object| meta::controller(object).is_none()) {
                owners.push(String::new());
            }
            owners
        };
        let (old, new) = (owners(old), owners(new));
        if old == new {
            return;
        }
        for uid in old {
            if let Some(set) = self.dependents.get_mut(&uid) {
                set.remove(id);
                if set.is_empty() {
                    self.dependents.remove(&uid);
                }
            }
        }
        for uid in new {
            self.dependents.entry(uid).or_default().insert(id.clone());
        }
    }
}

impl Collection {
    /// The objects in one namespace, or everywhere when it is empty.
    pub(crate) fn objects<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Value>> + use<'a> {
        let everywhere = namespace.is_empty();
        let one = if everywhere { None } else { self.namespaces.get(namespace) };
        let all = everywhere.then(|| self.namespaces.values()).into_iter().flatten();
        one.into_iter().chain(all).flat_map(BTreeMap::values)
    }

    /// The address of an object of this kind.
    pub(crate) fn id(&self, namespace: &str, name: &str) -> Id {
        self.kind.id(namespace, name)
    }
}

impl Kind {
    /// The address of an object of this kind.
    pub(crate) fn id(&self, namespace: &str, name: &str) -> Id {
        Id {
            group: self.group.clone(),
            plural: self.plural.clone(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

impl WatchEvent {
    /// The address of the object that changed.
    pub(crate) fn id(&self) -> Id {
        Id {
            group: self.group.clone(),
            plural: self.plural.clone(),
            namespace: meta::namespace(&self.object).into(),
            name: meta::name(&self.object).into(),
        }
    }
}

/// Five letters of the alphabet that Kubernetes uses: no vowels, so that no words come out.
pub(crate) fn name_suffix(mut bits: u64) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    (0..5)
        .map(|_| {
            let letter = LETTERS.get((bits % 27) as usize).copied().unwrap_or(b'x');
            bits /= 27;
            char::from(letter)
        })
        .collect()
}

/// Spreads the bits of a counter (the finalizer of SplitMix64).
pub(crate) fn mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A new object's server-set metadata.
pub(crate) fn stamp_new(store: &mut Store, object: &mut Value, now: Timestamp) {
    let uid = store.next_uid();
    let metadata = meta::map_at(object, &["metadata"]);
    metadata.insert("uid".to_owned(), uid.into());
    metadata.insert("creationTimestamp".to_owned(), meta::stamp(now).into());
}
