//! What is known of the cluster: one typed copy of each watched object, with the indexes that reconciling needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crd::{
    AnalysisRun, AnalysisTemplate, Experiment, ObjectKey, ObjectMeta, OwnerReference, ReplicaSet, Rollout,
    Service,
};
use parking_lot::RwLock;
use serde_json::Value;

/// Namespace and name.
pub(crate) type Name = (String, String);

/// What is known of the cluster.
#[derive(Debug, Default)]
pub(crate) struct Cache(RwLock<Objects>);

impl Cache {
    pub(crate) fn read(&self) -> parking_lot::RwLockReadGuard<'_, Objects> {
        self.0.read()
    }

    pub(crate) fn write(&self) -> parking_lot::RwLockWriteGuard<'_, Objects> {
        self.0.write()
    }
}

/// The copies, one store a kind.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(crate) rollouts: Store<Rollout>,
    pub(crate) replica_sets: Store<ReplicaSet>,
    pub(crate) services: Store<Service>,
    pub(crate) analysis_runs: Store<AnalysisRun>,
    pub(crate) experiments: Store<Experiment>,
    pub(crate) analysis_templates: Store<AnalysisTemplate>,
    pub(crate) cluster_analysis_templates: Store<AnalysisTemplate>,
    /// Objects of kinds that only some Rollouts read: routes, beacons, workloads.
    pub(crate) others: BTreeMap<ObjectKey, Arc<Value>>,
    /// Which Rollouts read an object: the reverse of `rollout::reads`.
    pub(crate) readers: Readers,
}

/// Objects of one kind by name, and by the uid of the object that controls them.
#[derive(Debug)]
pub(crate) struct Store<T> {
    by_name: BTreeMap<Name, Arc<T>>,
    by_controller: BTreeMap<String, BTreeSet<Name>>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { by_name: BTreeMap::new(), by_controller: BTreeMap::new() }
    }
}

/// An object that a [`Store`] can hold.
pub(crate) trait Stored {
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta;
}

macro_rules! stored {
    ($($kind:ty),*) => { $(impl Stored for $kind {
        fn meta(&self) -> &ObjectMeta {
            &self.metadata
        }
    })* };
}
stored!(Rollout, ReplicaSet, Service, AnalysisRun, Experiment, AnalysisTemplate);

impl<T: Stored> Store<T> {
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        // A tuple of borrowed strings cannot be borrowed from one of owned ones; the copies are short.
        self.by_name.get(&(namespace.to_owned(), name.to_owned()))
    }

    pub(crate) fn put(&mut self, object: Arc<T>) -> Option<Arc<T>> {
        let name = (object.meta().namespace.clone(), object.meta().name.clone());
        let controller = object.meta().controller().map(|owner| owner.uid.clone());
        let previous = self.by_name.insert(name.clone(), object);
        if let Some(previous) = &previous {
            self.forget_controller(previous.meta().controller(), &name);
        }
        if let Some(uid) = controller {
            self.by_controller.entry(uid).or_default().insert(name);
        }
        previous
    }

    pub(crate) fn remove(&mut self, namespace: &str, name: &str) -> Option<Arc<T>> {
        let name = (namespace.to_owned(), name.to_owned());
        let previous = self.by_name.remove(&name)?;
        self.forget_controller(previous.meta().controller(), &name);
        Some(previous)
    }

    fn forget_controller(&mut self, owner: Option<&OwnerReference>, name: &Name) {
        let Some(owner) = owner else { return };
        if let Some(names) = self.by_controller.get_mut(&owner.uid) {
            names.remove(name);
            if names.is_empty() {
                self.by_controller.remove(&owner.uid);
            }
        }
    }

    /// The objects that `uid` controls, oldest first (creation time, then name).
    pub(crate) fn controlled_by(&self, uid: &str) -> Vec<Arc<T>> {
        let names = self.by_controller.get(uid).into_iter().flatten();
        let mut objects: Vec<Arc<T>> = names.filter_map(|name| self.by_name.get(name)).cloned().collect();
        oldest_first(&mut objects);
        objects
    }

    /// The objects of a namespace, by name.
    pub(crate) fn in_namespace<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<T>> + 'a {
        let first = (namespace.to_owned(), String::new());
        self.by_name
            .range(first..)
            .take_while(move |((other, _), _)| other == namespace)
            .map(|(_, object)| object)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.by_name.values()
    }

    pub(crate) fn names(&self) -> BTreeSet<Name> {
        self.by_name.keys().cloned().collect()
    }
}

/// Sorts by creation time, then name: the order in which the core wants ReplicaSets and runs.
pub(crate) fn oldest_first<T: Stored>(objects: &mut [Arc<T>]) {
    objects.sort_by(|a, b| {
        let key = |object: &Arc<T>| object.meta().creation_timestamp;
        key(a).cmp(&key(b)).then_with(|| a.meta().name.cmp(&b.meta().name))
    });
}

/// Which Rollouts read which objects.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    by_object: BTreeMap<ObjectKey, BTreeSet<Name>>,
    by_rollout: BTreeMap<Name, BTreeSet<ObjectKey>>,
}

impl Readers {
    /// Records that the Rollout `rollout` reads exactly `objects`.
    pub(crate) fn set(&mut self, rollout: &Name, objects: BTreeSet<ObjectKey>) {
        if self.by_rollout.get(rollout).is_some_and(|known| *known == objects) {
            return;
        }
        for object in self.by_rollout.remove(rollout).into_iter().flatten() {
            if let Some(readers) = self.by_object.get_mut(&object) {
                readers.remove(rollout);
                if readers.is_empty() {
                    self.by_object.remove(&object);
                }
            }
        }
        for object in &objects {
            self.by_object.entry(object.clone()).or_default().insert(rollout.clone());
        }
        if !objects.is_empty() {
            self.by_rollout.insert(rollout.clone(), objects);
        }
    }

    /// The Rollouts that read `object`.
    pub(crate) fn of(&self, object: &ObjectKey) -> impl Iterator<Item = &Name> {
        self.by_object.get(object).into_iter().flatten()
    }

    /// The Rollouts that read any object of that kind.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a crd::Kind) -> impl Iterator<Item = &'a Name> {
        self.by_object.iter().filter(move |(key, _)| key.kind == *kind).flat_map(|(_, names)| names)
    }
}

#[cfg(test)]
mod tests {
    use crd::Kind;

    use super::*;

    fn replica_set(name: &str, controller: Option<&str>, second: i64) -> Arc<ReplicaSet> {
        let owner =
            |uid: &str| OwnerReference { uid: uid.to_owned(), controller: Some(true), ..Default::default() };
        Arc::new(ReplicaSet {
            metadata: ObjectMeta {
                name: name.to_owned(),
                namespace: "shop".to_owned(),
                creation_timestamp: jiff::Timestamp::from_second(second).ok().map(Into::into),
                owner_references: controller.map(owner).into_iter().collect(),
                ..ObjectMeta::default()
            },
            ..ReplicaSet::default()
        })
    }

    #[test]
    fn the_controller_index_follows_adoption_release_and_deletion() {
        let mut store = Store::default();
        let names = |store: &Store<ReplicaSet>| {
            store.controlled_by("uid").iter().map(|found| found.metadata.name.clone()).collect::<Vec<_>>()
        };
        store.put(replica_set("young", Some("uid"), 9));
        store.put(replica_set("old", Some("uid"), 3));
        assert_eq!(names(&store), ["old", "young"]);
        store.put(replica_set("old", None, 3));
        assert_eq!(names(&store), ["young"]);
        store.remove("shop", "young");
        assert!(names(&store).is_empty());
    }

    #[test]
    fn readers_are_replaced_as_a_whole() {
        let mut readers = Readers::default();
        let rollout = ("shop".to_owned(), "cart".to_owned());
        let service = |name: &str| ObjectKey::new(Kind::SERVICE, "shop", name);
        readers.set(&rollout, [service("a"), service("b")].into());
        readers.set(&rollout, [service("b")].into());
        assert_eq!(readers.of(&service("a")).count(), 0);
        assert_eq!(readers.of(&service("b")).collect::<Vec<_>>(), [&rollout]);
        readers.set(&rollout, BTreeSet::new());
        assert_eq!(readers.of_kind(&Kind::SERVICE).count(), 0);
    }
}
