//! What is known of the cluster: one typed copy of each watched object, with the indexes that reconciling needs.

mod readers;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crd::{
    AnalysisRun, AnalysisTemplate, Experiment, ObjectKey, ObjectMeta, PodTemplate, ReplicaSet, Rollout,
    Service,
};
use parking_lot::RwLock;
use serde_json::Value;

pub(crate) use readers::Readers;

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
    /// The uid of the controlling owner, empty for an orphan, with the name.
    by_controller: BTreeSet<(String, Name)>,
    watch: Watched,
}

/// How far the watch of a kind has come, and where our own writes are ahead of it.
#[derive(Debug, Default)]
struct Watched {
    /// How many lists have been begun: what was asked before a list may be older than the list.
    lists: u64,
    /// The newest version that the watch has shown.
    version: u64,
    /// Objects that are in the store as the answer to our own write showed them, and not yet as the watch does.
    ahead: BTreeSet<Name>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { by_name: BTreeMap::new(), by_controller: BTreeSet::new(), watch: Watched::default() }
    }
}

/// An object that a [`Store`] can hold.
pub(crate) trait Stored {
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta;

    /// Its pod template, if it has one.
    fn template(&self) -> Option<&PodTemplate> {
        None
    }

    /// Its pod template, if it has one.
    fn template_mut(&mut self) -> Option<&mut PodTemplate> {
        None
    }

    /// Its namespace and name.
    fn name(&self) -> Name {
        (self.meta().namespace.clone(), self.meta().name.clone())
    }

    /// Its version as a number: opaque by contract, ordered in fact. 0 is older than any.
    fn version(&self) -> u64 {
        self.meta().resource_version.parse().unwrap_or(0)
    }
}

macro_rules! stored {
    ($($kind:ty $({ $($template:ident).+ })?),*) => { $(impl Stored for $kind {
        fn meta(&self) -> &ObjectMeta {
            &self.metadata
        }

        $(fn template(&self) -> Option<&PodTemplate> {
            Some(&self.$($template).+)
        }

        fn template_mut(&mut self) -> Option<&mut PodTemplate> {
            Some(&mut self.$($template).+)
        }
        )?
    })* };
}
stored!(
    Rollout { spec.template },
    ReplicaSet { spec.template },
    Service,
    AnalysisRun,
    Experiment,
    AnalysisTemplate
);

/// What became of an object that was offered to a [`Store`].
#[derive(Debug, PartialEq)]
pub(crate) enum Offered<T> {
    /// It is known already, or older than what is known.
    Known,
    /// It was taken.
    Taken {
        /// In place of this.
        before: Option<Arc<T>>,
        /// As it is held.
        after: Arc<T>,
    },
}

impl<T: Stored> Store<T> {
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        // A tuple of borrowed strings cannot be borrowed from one of owned ones; the copies are short.
        self.by_name.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// Takes an object as the watch shows it.
    pub(crate) fn show(&mut self, object: Arc<T>) -> Offered<T> {
        self.offer(object, |watch, name, known, object| {
            let version = object.version();
            watch.version = watch.version.max(version);
            let is_known =
                known.is_some_and(|known| known.meta().resource_version == object.meta().resource_version);
            let is_old = known.is_some_and(|known| known.version() > version && watch.ahead.contains(name));
            if !is_old {
                watch.ahead.remove(name);
            }
            !is_known && !is_old
        })
    }

    /// Takes an object as the answer to our own write shows it, unless the watch has come as far: then it has shown
    /// this version and perhaps the object's end. `lists` is what [`Store::lists`] said before the write.
    pub(crate) fn anticipate(&mut self, object: Arc<T>, lists: u64) -> Offered<T> {
        self.offer(object, |watch, name, known, object| {
            let newest = watch.version.max(known.map_or(0, Stored::version));
            let is_news = lists == watch.lists && object.version() > newest;
            if is_news {
                watch.ahead.insert(name.clone());
            }
            is_news
        })
    }

    /// Takes an object in the place of the one of its name, if it is news compared with that. One search: a watch brings
    /// much that changes little.
    fn offer(
        &mut self,
        mut object: Arc<T>,
        is_news: impl FnOnce(&mut Watched, &Name, Option<&T>, &T) -> bool,
    ) -> Offered<T> {
        let before = match self.by_name.entry(object.name()) {
            Entry::Vacant(slot) => {
                if !is_news(&mut self.watch, slot.key(), None, &object) {
                    return Offered::Known;
                }
                self.by_controller.insert((controller_of(&*object).to_owned(), slot.key().clone()));
                slot.insert(Arc::clone(&object));
                None
            }
            Entry::Occupied(mut slot) => {
                let known = slot.get();
                if !is_news(&mut self.watch, slot.key(), Some(known), &object) {
                    return Offered::Known;
                }
                share_template(&mut object, known);
                let (before, after) = (controller_of(&**known), controller_of(&*object));
                // Most changes leave it to the same owner.
                if before != after {
                    self.by_controller.remove(&(before.to_owned(), slot.key().clone()));
                    self.by_controller.insert((after.to_owned(), slot.key().clone()));
                }
                Some(slot.insert(Arc::clone(&object)))
            }
        };
        Offered::Taken { before, after: object }
    }

    /// How many lists have been begun.
    pub(crate) fn lists(&self) -> u64 {
        self.watch.lists
    }

    /// A list begins: from here on it says what there is.
    pub(crate) fn begin_list(&mut self) {
        self.watch.lists += 1;
        self.watch.ahead.clear();
    }

    /// Takes an object out, as of `version`: a newer one of the same name stays.
    pub(crate) fn remove(&mut self, name: &Name, version: u64) -> Option<Arc<T>> {
        self.watch.version = self.watch.version.max(version);
        let known = self.by_name.get(name)?;
        if known.version() > version && self.watch.ahead.contains(name) {
            return None;
        }
        self.watch.ahead.remove(name);
        let previous = self.by_name.remove(name)?;
        self.by_controller.remove(&(controller_of(&*previous).to_owned(), name.clone()));
        Some(previous)
    }

    /// The objects that `uid` controls, oldest first (creation time, then name).
    pub(crate) fn controlled_by(&self, uid: &str) -> Vec<Arc<T>> {
        if uid.is_empty() {
            return Vec::new();
        }
        let mut objects: Vec<Arc<T>> = self.controlled(uid, "").cloned().collect();
        oldest_first(&mut objects);
        objects
    }

    /// The objects of a namespace that nobody controls, by name.
    pub(crate) fn orphans<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<T>> + 'a {
        self.controlled("", namespace).take_while(move |object| object.meta().namespace == namespace)
    }

    fn controlled<'a>(&'a self, uid: &'a str, from: &str) -> impl Iterator<Item = &'a Arc<T>> + 'a {
        let first = (uid.to_owned(), (from.to_owned(), String::new()));
        let entries = self.by_controller.range(first..).take_while(move |(other, _)| other == uid);
        entries.filter_map(|(_, name)| self.by_name.get(name))
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

/// Most changes leave the template as it was: it is held once.
fn share_template<T: Stored>(object: &mut Arc<T>, known: &T) {
    if let Some((before, after)) = known.template().zip(Arc::get_mut(object).and_then(Stored::template_mut)) {
        after.spec.share(&before.spec);
    }
}

/// The uid of the controlling owner; empty for an orphan.
fn controller_of(object: &impl Stored) -> &str {
    object.meta().controller().map_or("", |owner| owner.uid.as_str())
}

/// Sorts by creation time, then name: the order in which the core wants ReplicaSets and runs.
pub(crate) fn oldest_first<T: Stored>(objects: &mut [Arc<T>]) {
    objects.sort_by(|a, b| {
        let key = |object: &Arc<T>| object.meta().creation_timestamp;
        key(a).cmp(&key(b)).then_with(|| a.meta().name.cmp(&b.meta().name))
    });
}

#[cfg(test)]
mod tests {
    use crd::OwnerReference;

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

    /// The same object at another version.
    fn at(set: &Arc<ReplicaSet>, version: &str) -> Arc<ReplicaSet> {
        let mut set = ReplicaSet::clone(set);
        set.metadata.resource_version = version.to_owned();
        Arc::new(set)
    }

    fn versions(store: &Store<ReplicaSet>) -> Vec<&str> {
        store.iter().map(|set| set.metadata.resource_version.as_str()).collect()
    }

    #[test]
    fn the_controller_index_follows_adoption_release_and_deletion() {
        let mut store = Store::default();
        let names = |store: &Store<ReplicaSet>| {
            store.controlled_by("uid").iter().map(|found| found.metadata.name.clone()).collect::<Vec<_>>()
        };
        store.show(at(&replica_set("young", Some("uid"), 9), "1"));
        store.show(at(&replica_set("old", Some("uid"), 3), "2"));
        assert_eq!(names(&store), ["old", "young"]);
        assert_eq!(store.orphans("shop").count(), 0);
        store.show(at(&replica_set("old", None, 3), "3"));
        assert_eq!(names(&store), ["young"]);
        assert_eq!(store.orphans("shop").count(), 1);
        assert_eq!(store.orphans("other").count(), 0);
        store.remove(&("shop".to_owned(), "young".to_owned()), 4);
        assert!(names(&store).is_empty());
    }

    #[test]
    fn what_our_own_write_showed_is_not_news_when_the_watch_shows_it_and_older_things_do_not_come_back() {
        let mut store = Store::default();
        let set = replica_set("a", Some("uid"), 3);
        store.show(at(&set, "5"));
        assert!(matches!(store.anticipate(at(&set, "7"), 0), Offered::Taken { before: Some(_), .. }));
        assert_eq!(store.show(at(&set, "6")), Offered::Known);
        assert_eq!(versions(&store), ["7"]);
        assert_eq!(store.show(at(&set, "7")), Offered::Known);
        assert!(matches!(store.show(at(&set, "8")), Offered::Taken { before: Some(_), .. }));
        assert_eq!(versions(&store), ["8"]);
    }

    #[test]
    fn an_answer_that_the_watch_has_overtaken_brings_no_deleted_object_back() {
        let mut store = Store::default();
        let (set, name) = (replica_set("a", Some("uid"), 3), ("shop".to_owned(), "a".to_owned()));
        store.show(at(&set, "5"));
        store.remove(&name, 6);
        assert_eq!(store.anticipate(at(&set, "5"), 0), Offered::Known);
        assert_eq!(versions(&store), Vec::<&str>::new());
    }

    #[test]
    fn a_list_that_began_after_a_write_knows_better_than_its_answer() {
        let mut store = Store::default();
        let set = replica_set("a", Some("uid"), 3);
        let before = store.lists();
        store.begin_list();
        assert_eq!(store.anticipate(at(&set, "5"), before), Offered::Known);
        assert!(matches!(
            store.anticipate(at(&set, "5"), store.lists()),
            Offered::Taken { before: None, .. }
        ));
    }

    #[test]
    fn the_end_of_an_earlier_object_does_not_end_the_one_that_we_made_since() {
        let mut store = Store::default();
        let (set, name) = (replica_set("a", Some("uid"), 3), ("shop".to_owned(), "a".to_owned()));
        store.anticipate(at(&set, "9"), 0);
        assert_eq!(store.remove(&name, 8), None);
        assert_eq!(versions(&store), ["9"]);
        assert!(store.remove(&name, 10).is_some());
    }
}
