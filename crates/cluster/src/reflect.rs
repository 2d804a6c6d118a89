//! Reflectors: they keep the cache equal to the cluster and say what is to be worked on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crd::{Kind, ObjectKey};
use futures::StreamExt;
use kube::api::{ApiResource, DynamicObject, TypeMeta};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cache::{Cache, Name, Objects};
use crate::queue::Queue;
use crate::settings::Settings;
use crate::watches::{self, Task, Watch};

/// How many objects one page of a first list holds.
const PAGE: u32 = 500;

/// Everything that reflectors write to.
#[derive(Clone)]
pub(crate) struct Sinks {
    pub(crate) cache: Arc<Cache>,
    pub(crate) rollouts: Arc<Queue<Name>>,
    pub(crate) analysis_runs: Arc<Queue<Name>>,
}

impl Sinks {
    fn wake(&self, tasks: Vec<Task>) {
        for task in tasks {
            match task {
                Task::Rollout(name) => self.rollouts.add(name),
                Task::AnalysisRun(name) => self.analysis_runs.add(name),
            }
        }
    }
}

/// The reflectors that run: one a kind, never two.
pub(crate) struct Reflectors {
    client: Client,
    sinks: Sinks,
    namespace: Option<String>,
    stop: CancellationToken,
    /// Whether the first list of each kind that is watched has been read.
    synced: Mutex<BTreeMap<Kind, watch::Receiver<bool>>>,
}

/// What a reflector does with objects: a row of the table, or the store for kinds without one of their own.
#[derive(Clone, Copy)]
enum Target {
    Row(&'static Watch),
    Other,
}

impl Reflectors {
    pub(crate) fn new(
        client: Client,
        sinks: Sinks,
        namespace: Option<String>,
        stop: CancellationToken,
    ) -> Self {
        Self { client, sinks, namespace, stop, synced: Mutex::default() }
    }

    /// Starts the reflectors of the table.
    pub(crate) fn start(&self, settings: &Settings, tasks: &TaskTracker) {
        for row in watches::WATCHES {
            let cluster_wide = row.kind == Kind::CLUSTER_ANALYSIS_TEMPLATE;
            if !(cluster_wide && self.namespace.is_some()) {
                self.spawn(row.kind.clone(), (row.labels)(settings), Target::Row(row), tasks);
            }
        }
    }

    /// Starts a reflector for a kind that a Rollout turned out to read, unless it runs already.
    pub(crate) fn ensure(&self, kind: &Kind, tasks: &TaskTracker) {
        let known = watches::WATCHES.iter().any(|row| row.kind == *kind);
        if !known && !self.synced.lock().contains_key(kind) {
            self.spawn(kind.clone(), other_labels(kind), Target::Other, tasks);
        }
    }

    /// Whether the first list of `kind` has been read. Optional kinds that the cluster lacks count as read.
    pub(crate) fn is_synced(&self, kind: &Kind) -> bool {
        self.synced.lock().get(kind).is_some_and(|synced| *synced.borrow())
    }

    /// Waits until the first lists of the table have been read.
    pub(crate) async fn wait_until_synced(&self) {
        let receivers: Vec<_> = self.synced.lock().values().cloned().collect();
        for mut receiver in receivers {
            // A dropped sender means that the reflector was stopped: then there is nothing to wait for.
            let _ = receiver.wait_for(|synced| *synced).await;
        }
    }

    fn spawn(&self, kind: Kind, labels: String, target: Target, tasks: &TaskTracker) {
        let (sender, receiver) = watch::channel(false);
        match self.synced.lock().entry(kind.clone()) {
            Entry::Occupied(_) => return,
            Entry::Vacant(slot) => slot.insert(receiver),
        };
        let resource = resource(&kind);
        let api: Api<DynamicObject> = match &self.namespace {
            Some(namespace) if kind != Kind::CLUSTER_ANALYSIS_TEMPLATE => {
                Api::namespaced_with(self.client.clone(), namespace, &resource)
            }
            _ => Api::all_with(self.client.clone(), &resource),
        };
        let reflector = Reflector { kind, target, sinks: self.sinks.clone(), synced: sender, listing: None };
        let stop = self.stop.clone();
        tasks.spawn(async move { stop.run_until_cancelled(reflector.run(api, labels)).await });
    }
}

/// Labels that restrict the watch of a kind without a row: of ConfigMaps only our beacons are wanted.
fn other_labels(kind: &Kind) -> String {
    if *kind == Kind::CONFIG_MAP { crd::names::BEACON.to_owned() } else { String::new() }
}

/// kube's name for a kind.
pub(crate) fn resource(kind: &Kind) -> ApiResource {
    ApiResource {
        group: kind.group.to_string(),
        version: kind.version.to_string(),
        api_version: kind.api_version().into_owned(),
        kind: kind.kind.to_string(),
        plural: kind.plural.to_string(),
    }
}

struct Reflector {
    kind: Kind,
    target: Target,
    sinks: Sinks,
    synced: watch::Sender<bool>,
    /// Names seen in the list that is being read.
    listing: Option<BTreeSet<Name>>,
}

impl Reflector {
    async fn run(mut self, api: Api<DynamicObject>, labels: String) {
        let config = watcher::Config::default().labels(&labels).page_size(PAGE);
        let mut events = watcher(api, config).default_backoff().boxed();
        let mut failing = false;
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    failing = false;
                    self.take(event);
                }
                Err(error) => {
                    self.complain(&error, failing);
                    failing = true;
                }
            }
        }
    }

    /// One line when a watch begins to fail, none while it goes on failing.
    fn complain(&self, error: &watcher::Error, failing: bool) {
        let optional = match self.target {
            Target::Row(row) => row.optional,
            Target::Other => true,
        };
        if optional && lacks_kind(error) {
            self.synced.send_replace(true);
        }
        if !failing {
            tracing::warn!(kind = %self.kind.kind, %error, "cannot watch; trying again with back-off");
        }
    }

    fn take(&mut self, event: watcher::Event<DynamicObject>) {
        match event {
            watcher::Event::Init => self.listing = Some(BTreeSet::new()),
            watcher::Event::InitApply(object) => {
                let name = name_of(&object);
                if let Some(listing) = &mut self.listing {
                    listing.insert(name);
                }
                self.put(object);
            }
            watcher::Event::InitDone => self.end_list(),
            watcher::Event::Apply(object) => self.put(object),
            watcher::Event::Delete(object) => {
                let (namespace, name) = name_of(&object);
                self.remove(&namespace, &name);
            }
        }
    }

    /// What a complete list lacks was deleted while nobody watched.
    fn end_list(&mut self) {
        let listed = self.listing.take().unwrap_or_default();
        let known = match self.target {
            Target::Row(row) => (row.names)(&self.sinks.cache.read()),
            Target::Other => other_names(&self.sinks.cache.read(), &self.kind),
        };
        for (namespace, name) in known.difference(&listed) {
            self.remove(namespace, name);
        }
        self.synced.send_replace(true);
        // Readers of a kind that has just become known wait for it.
        let tasks = readers_of_kind(&self.sinks.cache.read(), &self.kind);
        self.sinks.wake(tasks);
    }

    fn put(&self, mut object: DynamicObject) {
        object.metadata.managed_fields = None;
        let (namespace, name) = name_of(&object);
        let tasks = match to_value(object) {
            Ok(value) => self.put_value(&namespace, &name, value),
            Err(error) => Err(error),
        };
        match tasks {
            Ok(tasks) => self.sinks.wake(tasks),
            // One malformed object is one warning; the last good copy stays and all others keep moving (I10).
            Err(error) => tracing::warn!(
                kind = %self.kind.kind, %namespace, %name, %error,
                "malformed object is ignored until it is mended; the last good copy is kept"
            ),
        }
    }

    fn put_value(&self, namespace: &str, name: &str, value: Value) -> Result<Vec<Task>, serde_json::Error> {
        let mut objects = self.sinks.cache.write();
        match self.target {
            Target::Row(row) => (row.put)(&mut objects, value),
            Target::Other => {
                let key = ObjectKey::new(self.kind.clone(), namespace, name);
                Ok(watches::put_other(&mut objects, key, value))
            }
        }
    }

    fn remove(&self, namespace: &str, name: &str) {
        let tasks = {
            let mut objects = self.sinks.cache.write();
            match self.target {
                Target::Row(row) => (row.remove)(&mut objects, namespace, name),
                Target::Other => {
                    watches::remove_other(&mut objects, &ObjectKey::new(self.kind.clone(), namespace, name))
                }
            }
        };
        self.sinks.wake(tasks);
    }
}

pub(crate) fn to_value(object: DynamicObject) -> Result<Value, serde_json::Error> {
    let DynamicObject { types, metadata, data } = object;
    let mut value = data;
    let Some(fields) = value.as_object_mut() else {
        return Err(serde::de::Error::custom("the object is not a JSON object"));
    };
    fields.insert("metadata".to_owned(), serde_json::to_value(metadata)?);
    if let Some(TypeMeta { api_version, kind }) = types {
        fields.insert("apiVersion".to_owned(), api_version.into());
        fields.insert("kind".to_owned(), kind.into());
    }
    Ok(value)
}

fn name_of(object: &DynamicObject) -> Name {
    let meta = &object.metadata;
    (meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default())
}

fn other_names(objects: &Objects, kind: &Kind) -> BTreeSet<Name> {
    let keys = objects.others.keys().filter(|key| key.kind == *kind);
    keys.map(|key| (key.namespace.clone(), key.name.clone())).collect()
}

fn readers_of_kind(objects: &Objects, kind: &Kind) -> Vec<Task> {
    objects.readers.of_kind(kind).cloned().map(Task::Rollout).collect()
}

/// Whether the server does not know the kind at all.
fn lacks_kind(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => status.is_not_found(),
        _ => false,
    }
}
