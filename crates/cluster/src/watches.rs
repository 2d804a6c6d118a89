//! The table of watches: one row a kind, one reflector a row.

use std::collections::BTreeSet;
use std::sync::Arc;

use crd::{
    AnalysisRun, AnalysisTemplate, AnalysisTemplateRef, Experiment, Kind, ObjectKey, ObjectMeta, ReplicaSet,
    Rollout, Service, names,
};
use rollout::{Event, EventType, events};
use serde_json::Value;

use crate::cache::{Name, Objects, Offered, Store, Stored};
use crate::reflect::{Place, Start};
use crate::seen::{Held, Untyped};
use crate::settings::{Controllers, Settings};

/// What is to be done because something was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// To work on a Rollout, by namespace and name.
    Rollout(Name),
    /// To work on an AnalysisRun, by namespace and name.
    AnalysisRun(Name),
    /// To work on an Experiment, by namespace and name.
    Experiment(Name),
    /// To see whether a Service is still referred to.
    Service(Name),
    /// To tell people something about a Rollout.
    Tell(Box<ObjectMeta>, Event),
    /// To forget what was counted for an object.
    Forget(Kind, Name),
}

/// One watched kind.
pub(crate) struct Watch {
    /// The kind.
    pub(crate) kind: Kind,
    /// Which controllers need it.
    pub(crate) of: &'static [Controllers],
    /// Whether the cluster may lack it: then its absence is no reason to wait at start.
    pub(crate) optional: bool,
    /// Which of its objects are wanted.
    pub(crate) labels: fn(&Settings) -> String,
    /// Starts its reflector.
    pub(crate) start: fn(Start<'_>),
    /// How many lists have been begun.
    pub(crate) lists: fn(&Objects) -> u64,
    /// Takes the answer to our own write into the cache.
    pub(crate) anticipate: fn(&mut Objects, &str, u64) -> Result<Answered, serde_json::Error>,
}

/// What the answer to a write says.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    /// The version that the write left.
    pub(crate) version: String,
    /// What is to be worked on because of it.
    pub(crate) tasks: Vec<Task>,
}

/// Every kind that is watched from the start. Kinds that only some Rollouts read (routes, beacons) are watched from the
/// first Rollout on that reads one: see [`other`].
pub(crate) const WATCHES: &[Watch] = &[
    row::<Rollout>(Kind::ROLLOUT, ALL, false, instance),
    row::<ReplicaSet>(Kind::REPLICA_SET, ALL, false, hashed),
    row::<Service>(Kind::SERVICE, ALL, false, any),
    row::<AnalysisRun>(Kind::ANALYSIS_RUN, ALL_OR_ANALYSIS, false, instance),
    row::<Experiment>(Kind::EXPERIMENT, ALL, true, instance),
    row::<AnalysisTemplate>(Kind::ANALYSIS_TEMPLATE, ALL_OR_ANALYSIS, false, instance),
    row::<ClusterTemplate>(Kind::CLUSTER_ANALYSIS_TEMPLATE, ALL_OR_ANALYSIS, true, instance),
];

const ALL: &[Controllers] = &[Controllers::All];
/// Of templates the controller of analyses only tells that they are there.
const ALL_OR_ANALYSIS: &[Controllers] = &[Controllers::All, Controllers::Analysis];

const fn row<T: Watched>(
    kind: Kind,
    of: &'static [Controllers],
    optional: bool,
    labels: fn(&Settings) -> String,
) -> Watch {
    Watch { kind, of, optional, labels, start: start::<T>, lists: lists::<T>, anticipate: anticipate::<T> }
}

fn start<T: Watched>(start: Start<'_>) {
    start.reflector::<T>();
}

/// Of ReplicaSets only those of Rollouts and Experiments: a cluster has many more, and Deployments write theirs often.
fn hashed(_: &Settings) -> String {
    names::POD_TEMPLATE_HASH.to_owned()
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
pub(crate) trait Watched: 'static {
    type Object: Stored + Held;
    fn store(objects: &mut Objects) -> &mut Store<Self::Object>;
    fn stored(objects: &Objects) -> &Store<Self::Object>;
    /// What is to be worked on when an object comes, changes or goes.
    fn wakes(objects: &mut Objects, before: Option<&Self::Object>, after: Option<&Self::Object>)
    -> Vec<Task>;
}

/// Where the objects of a reflector go.
pub(crate) trait Target: 'static {
    /// What they are read as.
    type Object: Held;
    /// Where they go.
    const PLACE: Place;
    /// A list of all of them begins.
    fn begin_list(objects: &mut Objects);
    /// Takes a new or changed object into the cache; says what is to be worked on because of it.
    fn put(objects: &mut Objects, kind: &Kind, object: Arc<Self::Object>) -> Vec<Task>;
    /// Takes an object out of the cache, as of a version; likewise.
    fn remove(objects: &mut Objects, kind: &Kind, name: &Name, version: u64) -> Vec<Task>;
    /// The names in the cache: what a new list lacks is gone.
    fn names(objects: &Objects, kind: &Kind) -> BTreeSet<Name>;
}

impl<T: Watched> Target for T {
    type Object = T::Object;
    const PLACE: Place = Place::Table;

    fn begin_list(objects: &mut Objects) {
        T::store(objects).begin_list();
    }

    fn put(objects: &mut Objects, _kind: &Kind, object: Arc<T::Object>) -> Vec<Task> {
        let offered = T::store(objects).show(object);
        taken::<T>(objects, offered)
    }

    fn remove(objects: &mut Objects, _kind: &Kind, name: &Name, version: u64) -> Vec<Task> {
        match T::store(objects).remove(name, version) {
            Some(before) => T::wakes(objects, Some(&before), None),
            None => vec![],
        }
    }

    fn names(objects: &Objects, _kind: &Kind) -> BTreeSet<Name> {
        T::stored(objects).names()
    }
}

fn lists<T: Watched>(objects: &Objects) -> u64 {
    T::stored(objects).lists()
}

fn anticipate<T: Watched>(
    objects: &mut Objects,
    text: &str,
    lists: u64,
) -> Result<Answered, serde_json::Error> {
    let mut object: T::Object = serde_json::from_str(text)?;
    object.trim();
    let version = object.meta().resource_version.clone();
    let offered = T::store(objects).anticipate(Arc::new(object), lists);
    Ok(Answered { version, tasks: taken::<T>(objects, offered) })
}

fn taken<T: Watched>(objects: &mut Objects, offered: Offered<T::Object>) -> Vec<Task> {
    match offered {
        Offered::Known => vec![],
        Offered::Taken { before, after } => T::wakes(objects, before.as_deref(), Some(&after)),
    }
}

/// Kinds without a store of their own.
pub(crate) struct Others;

impl Target for Others {
    type Object = Untyped;
    const PLACE: Place = Place::Others;

    fn begin_list(_: &mut Objects) {}

    fn put(objects: &mut Objects, kind: &Kind, object: Arc<Untyped>) -> Vec<Task> {
        let (namespace, name) = object.held_name();
        let key = ObjectKey::new(kind.clone(), namespace, name);
        let known = objects.others.get(&key).map(|known| version_of(known));
        if known.is_some_and(|known| known == object.held_version()) {
            return vec![];
        }
        let tasks = readers(objects, &key);
        let object = Arc::unwrap_or_clone(object).0;
        objects.others.insert(key, Arc::new(object));
        tasks
    }

    fn remove(objects: &mut Objects, kind: &Kind, name: &Name, _version: u64) -> Vec<Task> {
        let key = ObjectKey::new(kind.clone(), name.0.as_str(), name.1.as_str());
        objects.others.remove(&key);
        readers(objects, &key)
    }

    fn names(objects: &Objects, kind: &Kind) -> BTreeSet<Name> {
        let keys = objects.others.keys().filter(|key| key.kind == *kind);
        keys.map(|key| (key.namespace.clone(), key.name.clone())).collect()
    }
}

fn version_of(object: &Value) -> &str {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default()
}

fn name_of(meta: &ObjectMeta) -> Name {
    (meta.namespace.clone(), meta.name.clone())
}

/// The Rollout or Experiment that controls an object.
fn owner(meta: &ObjectMeta) -> Option<Task> {
    let owner = meta.controller()?;
    let name = || (meta.namespace.clone(), owner.name.clone());
    match owner.kind.as_str() {
        "Rollout" => Some(Task::Rollout(name())),
        "Experiment" => Some(Task::Experiment(name())),
        _ => None,
    }
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
    if before.zip(after).is_some_and(|(before, after)| rollout::decides_alike(before, after)) {
        return vec![];
    }
    let name = name_of(meta);
    let reads = after.map(|rollout| read_keys(&name.0, &rollout::reads(rollout))).unwrap_or_default();
    let left = objects.readers.set(&name, reads);
    let mut tasks = vec![Task::Rollout(name.clone())];
    // What it does not refer to any more must not go on selecting its pods.
    tasks.extend(left.into_iter().filter(|key| key.kind == Kind::SERVICE).map(service_of));
    match (before, after) {
        (None, Some(_)) => {
            let message = format!("Rollout resource added to informer: {}/{}", name.0, name.1);
            tasks.push(tell(meta, events::ROLLOUT_ADDED, message));
        }
        (Some(_), None) => {
            let message = format!("Rollout {}/{} is deleted.", name.1, name.0);
            tasks.push(tell(meta, events::ROLLOUT_DELETED, message));
            tasks.push(Task::Forget(Kind::ROLLOUT, name));
        }
        _ => {}
    }
    tasks
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
watched!(Service, Service, services, |objects, before, after| {
    let mut tasks = readers_of(objects, Kind::SERVICE, before, after);
    tasks.extend(owners(before, after));
    match after {
        Some(service) if tasks.is_empty() && service.selects_hash() => {
            vec![Task::Service(name_of(&service.metadata))]
        }
        _ => tasks,
    }
});
watched!(Experiment, Experiment, experiments, |_objects, before, after| {
    // A Rollout looks at where its Experiment stands, and whom its templates' shares go to.
    let told = |experiment: Option<&Experiment>| {
        let status = &experiment?.status;
        let services =
            status.template_statuses.iter().map(|it| (it.service_name.clone(), it.pod_template_hash.clone()));
        Some((status.phase, services.collect::<Vec<_>>()))
    };
    let mut tasks = if told(before) == told(after) { vec![] } else { owners(before, after) };
    tasks.extend(after.map(|experiment| Task::Experiment(name_of(&experiment.metadata))));
    if let (Some(experiment), None) = (before, after) {
        tasks.push(Task::Forget(Kind::EXPERIMENT, name_of(&experiment.metadata)));
    }
    tasks
});
watched!(AnalysisRun, AnalysisRun, analysis_runs, |_objects, before, after| {
    let phase = |run: Option<&AnalysisRun>| run.map(|run| run.status.phase);
    // A Rollout looks at the phase of its runs, not at every measurement (spec rollout-reconcile 1).
    let mut tasks = if phase(before) == phase(after) { vec![] } else { owners(before, after) };
    tasks.extend(after.map(|run| Task::AnalysisRun(name_of(&run.metadata))));
    if let (Some(run), None) = (before, after) {
        tasks.push(Task::Forget(Kind::ANALYSIS_RUN, name_of(&run.metadata)));
    }
    tasks
});
watched!(AnalysisTemplate, AnalysisTemplate, analysis_templates, |objects, before, after| {
    readers_of(objects, Kind::ANALYSIS_TEMPLATE, before, after)
});
watched!(ClusterTemplate, AnalysisTemplate, cluster_analysis_templates, |objects, before, after| {
    readers_of(objects, Kind::CLUSTER_ANALYSIS_TEMPLATE, before, after)
});

fn service_of(key: ObjectKey) -> Task {
    Task::Service((key.namespace, key.name))
}

fn tell(meta: &ObjectMeta, reason: &'static str, message: String) -> Task {
    Task::Tell(Box::new(meta.clone()), Event { kind: EventType::Normal, reason, message })
}

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
pub(crate) fn read_keys(namespace: &str, reads: &rollout::Reads) -> BTreeSet<ObjectKey> {
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
