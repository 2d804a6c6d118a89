//! The table of watches: one row a kind, one reflector a row.

use std::sync::Arc;

use crd::{
    AnalysisRun, AnalysisTemplate, AnalysisTemplateRef, Experiment, Kind, ObjectKey, ObjectMeta, ReplicaSet,
    Rollout, Service, names,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cache::{Name, Objects, Store, Stored};
use crate::settings::Settings;

/// What is to be worked on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// A Rollout, by namespace and name.
    Rollout(Name),
    /// An AnalysisRun, by namespace and name.
    AnalysisRun(Name),
}

/// One watched kind.
pub(crate) struct Watch {
    /// The kind.
    pub(crate) kind: Kind,
    /// Whether the cluster may lack it: then its absence is no reason to wait at start.
    pub(crate) optional: bool,
    /// Which of its objects are wanted.
    pub(crate) labels: fn(&Settings) -> String,
    /// Takes a new or changed object into the cache; says what is to be worked on because of it.
    pub(crate) put: fn(&mut Objects, Value) -> Result<Vec<Task>, serde_json::Error>,
    /// Takes an object out of the cache; likewise.
    pub(crate) remove: fn(&mut Objects, &str, &str) -> Vec<Task>,
    /// The names in the cache: what a new list lacks is gone.
    pub(crate) names: fn(&Objects) -> std::collections::BTreeSet<Name>,
}

/// Every kind that is watched from the start. Kinds that only some Rollouts read (routes, beacons) are watched from the
/// first Rollout on that reads one: see [`other`].
pub(crate) const WATCHES: &[Watch] = &[
    row::<Rollout>(Kind::ROLLOUT, false, instance),
    row::<ReplicaSet>(Kind::REPLICA_SET, false, any),
    row::<Service>(Kind::SERVICE, false, any),
    row::<AnalysisRun>(Kind::ANALYSIS_RUN, false, instance),
    row::<Experiment>(Kind::EXPERIMENT, true, instance),
    row::<AnalysisTemplate>(Kind::ANALYSIS_TEMPLATE, false, instance),
    row::<ClusterTemplate>(Kind::CLUSTER_ANALYSIS_TEMPLATE, true, instance),
];

const fn row<T: Watched>(kind: Kind, optional: bool, labels: fn(&Settings) -> String) -> Watch {
    Watch { kind, optional, labels, put: put::<T>, remove: remove::<T>, names: stored_names::<T> }
}

fn any(_: &Settings) -> String {
    String::new()
}

/// Objects of this controller's instance (spec controller-binary 2.4).
fn instance(settings: &Settings) -> String {
    match settings.instance_id.as_str() {
        "" => format!("!{}", names::INSTANCE_ID),
        id => format!("{}={id}", names::INSTANCE_ID),
    }
}

/// A kind with a store of its own.
trait Watched: DeserializeOwned + Sized {
    type Object: Stored + DeserializeOwned;
    fn store(objects: &mut Objects) -> &mut Store<Self::Object>;
    fn stored(objects: &Objects) -> &Store<Self::Object>;
    /// What is to be worked on when an object comes, changes or goes.
    fn wakes(objects: &mut Objects, before: Option<&Self::Object>, after: Option<&Self::Object>)
    -> Vec<Task>;
}

fn put<T: Watched>(objects: &mut Objects, object: Value) -> Result<Vec<Task>, serde_json::Error> {
    let after: Arc<T::Object> = Arc::new(serde_json::from_value(object)?);
    let before = T::store(objects).put(Arc::clone(&after));
    Ok(T::wakes(objects, before.as_deref(), Some(&after)))
}

fn remove<T: Watched>(objects: &mut Objects, namespace: &str, name: &str) -> Vec<Task> {
    match T::store(objects).remove(namespace, name) {
        Some(before) => T::wakes(objects, Some(&before), None),
        None => vec![],
    }
}

fn stored_names<T: Watched>(objects: &Objects) -> std::collections::BTreeSet<Name> {
    T::stored(objects).names()
}

fn name_of(meta: &ObjectMeta) -> Name {
    (meta.namespace.clone(), meta.name.clone())
}

/// The Rollout that controls an object.
fn owner(meta: &ObjectMeta) -> Option<Task> {
    let owner = meta.controller().filter(|owner| owner.kind == "Rollout")?;
    Some(Task::Rollout((meta.namespace.clone(), owner.name.clone())))
}

/// The owners before and after a change: adoption and release concern both.
fn owners<T: Stored>(before: Option<&T>, after: Option<&T>) -> Vec<Task> {
    let mut tasks: Vec<Task> =
        [before, after].into_iter().flatten().filter_map(|object| owner(object.meta())).collect();
    tasks.dedup();
    tasks
}

fn readers(objects: &Objects, key: &ObjectKey) -> Vec<Task> {
    objects.readers.of(key).cloned().map(Task::Rollout).collect()
}

fn readers_of<T: Stored>(objects: &Objects, kind: Kind, before: Option<&T>, after: Option<&T>) -> Vec<Task> {
    let Some(meta) = after.or(before).map(Stored::meta) else { return vec![] };
    readers(objects, &ObjectKey::new(kind, meta.namespace.clone(), meta.name.clone()))
}

macro_rules! watched {
    ($kind:ty, $object:ty, $field:ident, |$objects:ident, $before:ident, $after:ident| $wakes:expr) => {
        impl Watched for $kind {
            type Object = $object;
            fn store(objects: &mut Objects) -> &mut Store<$object> {
                &mut objects.$field
            }
            fn stored(objects: &Objects) -> &Store<$object> {
                &objects.$field
            }
            fn wakes(
                $objects: &mut Objects,
                $before: Option<&$object>,
                $after: Option<&$object>,
            ) -> Vec<Task> {
                $wakes
            }
        }
    };
}

/// A ClusterAnalysisTemplate: the same data in another store.
#[derive(serde::Deserialize)]
struct ClusterTemplate {}

watched!(Rollout, Rollout, rollouts, |objects, before, after| {
    let Some(meta) = after.or(before).map(|rollout| &rollout.metadata) else { return vec![] };
    let name = name_of(meta);
    let reads = after.map(|rollout| read_keys(&name.0, &rollout::reads(rollout))).unwrap_or_default();
    objects.readers.set(&name, reads);
    vec![Task::Rollout(name)]
});
watched!(ReplicaSet, ReplicaSet, replica_sets, |objects, before, after| {
    let mut tasks = owners(before, after);
    // Its template may be that of a Rollout.
    tasks.extend(readers_of(objects, Kind::REPLICA_SET, before, after));
    match after {
        Some(orphan) if orphan.metadata.controller().is_none() => [tasks, adopters(objects, orphan)].concat(),
        _ => tasks,
    }
});
watched!(Service, Service, services, |objects, before, after| readers_of(
    objects,
    Kind::SERVICE,
    before,
    after
));
watched!(Experiment, Experiment, experiments, |_objects, before, after| owners(before, after));
watched!(AnalysisRun, AnalysisRun, analysis_runs, |_objects, before, after| {
    let phase = |run: Option<&AnalysisRun>| run.map(|run| run.status.phase);
    // A Rollout looks at the phase of its runs, not at every measurement (spec rollout-reconcile 1).
    let mut tasks = if phase(before) == phase(after) { vec![] } else { owners(before, after) };
    tasks.extend(after.map(|run| Task::AnalysisRun(name_of(&run.metadata))));
    tasks
});
watched!(AnalysisTemplate, AnalysisTemplate, analysis_templates, |objects, before, after| {
    readers_of(objects, Kind::ANALYSIS_TEMPLATE, before, after)
});
watched!(ClusterTemplate, AnalysisTemplate, cluster_analysis_templates, |objects, before, after| {
    readers_of(objects, Kind::CLUSTER_ANALYSIS_TEMPLATE, before, after)
});

/// The Rollouts that may adopt an orphan.
fn adopters(objects: &Objects, orphan: &ReplicaSet) -> Vec<Task> {
    let matches = |rollout: &&Arc<Rollout>| {
        let selector = rollout.spec.selector.as_ref();
        selector.is_some_and(|selector| !selector.is_empty() && selector.matches(&orphan.metadata.labels))
    };
    let rollouts = objects.rollouts.in_namespace(&orphan.metadata.namespace);
    rollouts.filter(matches).map(|rollout| Task::Rollout(name_of(&rollout.metadata))).collect()
}

/// The objects that a Rollout reads, as keys.
pub(crate) fn read_keys(namespace: &str, reads: &rollout::Reads) -> std::collections::BTreeSet<ObjectKey> {
    let services = reads.services.iter().map(|name| ObjectKey::new(Kind::SERVICE, namespace, name));
    let templates = reads.templates.iter().map(|reference| template_key(namespace, reference));
    services.chain(templates).chain(reads.routes.iter().cloned()).collect()
}

/// The template that a reference names.
pub(crate) fn template_key(namespace: &str, reference: &AnalysisTemplateRef) -> ObjectKey {
    let (kind, namespace) = if reference.cluster_scope {
        (Kind::CLUSTER_ANALYSIS_TEMPLATE, "")
    } else {
        (Kind::ANALYSIS_TEMPLATE, namespace)
    };
    ObjectKey::new(kind, namespace, &reference.template_name)
}

/// Takes an object of a kind without a store of its own into the cache.
pub(crate) fn put_other(objects: &mut Objects, key: ObjectKey, object: Value) -> Vec<Task> {
    let tasks = readers(objects, &key);
    objects.others.insert(key, Arc::new(object));
    tasks
}

/// Takes such an object out of the cache.
pub(crate) fn remove_other(objects: &mut Objects, key: &ObjectKey) -> Vec<Task> {
    objects.others.remove(key);
    readers(objects, key)
}
