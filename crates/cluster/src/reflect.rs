//! Reflectors: they keep the cache equal to the cluster and say what is to be worked on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;

use crd::{Kind, names};
use futures::StreamExt;
use kube::api::ApiResource;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cache::{Cache, Name, Objects};
use crate::error::innermost;
use crate::events::Events;
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::seen::Seen;
use crate::settings::Settings;
use crate::watches::{self, Others, Target, Task};

/// How many objects one page of a first list holds.
const PAGE: u32 = 500;

/// Everything that reflectors write to.
#[derive(Clone)]
pub(crate) struct Sinks {
    pub(crate) cache: Arc<Cache>,
    pub(crate) rollouts: Arc<Queue<Name>>,
    pub(crate) analysis_runs: Arc<Queue<Name>>,
    pub(crate) experiments: Arc<Queue<Name>>,
    pub(crate) services: Arc<Queue<Name>>,
    pub(crate) events: Events,
    pub(crate) metrics: Arc<Metrics>,
}

impl Sinks {
    pub(crate) fn carry_out(&self, tasks: Vec<Task>) {
        for task in tasks {
            match task {
                Task::Rollout(name) => self.rollouts.add(name),
                Task::AnalysisRun(name) => self.analysis_runs.add(name),
                Task::Experiment(name) => self.experiments.add(name),
                Task::Service(name) => self.services.add(name),
                Task::Tell(meta, event) => {
                    self.metrics.event(&(meta.namespace.clone(), meta.name.clone()), &event);
                    self.events.publish(&Kind::ROLLOUT, &meta, [event]);
                }
                Task::Forget(kind, name) => self.metrics.forget(&kind, &name),
            }
        }
    }

    /// Has everything looked at although nothing was seen to change.
    pub(crate) fn wake_all(&self) {
        let objects = self.cache.read();
        objects.rollouts.names().into_iter().for_each(|name| self.rollouts.add(name));
        objects.analysis_runs.names().into_iter().for_each(|name| self.analysis_runs.add(name));
        objects.experiments.names().into_iter().for_each(|name| self.experiments.add(name));
    }
}

/// The reflectors that run: one a kind, never two.
pub(crate) struct Reflectors {
    client: Client,
    sinks: Sinks,
    namespace: Option<String>,
    stop: CancellationToken,
    /// How far the first list of each kind that is watched has come.
    listed: Mutex<BTreeMap<(Place, Kind), watch::Receiver<Listed>>>,
}

/// How far the first list of a kind has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Listed {
    /// It is not answered yet.
    #[default]
    Asked,
    /// The server does not give it, and says why; it is asked again.
    Refused(Arc<str>),
    /// It was read, or the cluster lacks the kind.
    Read,
}

/// Where objects of a kind go. ReplicaSets go to both: those of Rollouts to their store, those that a Rollout refers to
/// for its template to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Table,
    Others,
}

impl Reflectors {
    pub(crate) fn new(
        client: Client,
        sinks: Sinks,
        namespace: Option<String>,
        stop: CancellationToken,
    ) -> Self {
        Self { client, sinks, namespace, stop, listed: Mutex::default() }
    }

    /// Starts the reflectors of the table.
    pub(crate) fn start(&self, settings: &Settings, tasks: &TaskTracker) {
        for row in watches::WATCHES.iter().filter(|row| row.of.contains(&settings.controllers)) {
            let cluster_wide = row.kind == Kind::CLUSTER_ANALYSIS_TEMPLATE;
            if !(cluster_wide && self.namespace.is_some()) {
                let labels = (row.labels)(settings);
                let start =
                    Start { reflectors: self, kind: &row.kind, labels, optional: row.optional, tasks };
                (row.start)(start);
            }
        }
    }

    /// Starts a reflector for a kind that a Rollout turned out to read, unless it runs already.
    pub(crate) fn ensure(&self, kind: &Kind, tasks: &TaskTracker) {
        if !self.listed.lock().contains_key(&(Place::Others, kind.clone())) {
            let labels = other_labels(kind);
            Start { reflectors: self, kind, labels, optional: true, tasks }.reflector::<Others>();
        }
    }

    /// How far the first list of a kind that [`Reflectors::ensure`] was told has come.
    pub(crate) fn listed(&self, kind: &Kind) -> Listed {
        let listed = self.listed.lock();
        listed.get(&(Place::Others, kind.clone())).map(|listed| listed.borrow().clone()).unwrap_or_default()
    }

    /// Waits until the first lists of the table have been read.
    pub(crate) async fn wait_until_synced(&self) {
        let receivers: Vec<_> = self.listed.lock().values().cloned().collect();
        for mut receiver in receivers {
            // A dropped sender means that the reflector was stopped: then there is nothing to wait for.
            let _ = receiver.wait_for(|listed| *listed == Listed::Read).await;
        }
    }
}

/// A reflector that is about to be started.
pub(crate) struct Start<'a> {
    reflectors: &'a Reflectors,
    kind: &'a Kind,
    labels: String,
    optional: bool,
    tasks: &'a TaskTracker,
}

impl Start<'_> {
    /// Starts it, unless there is one for the kind.
    pub(crate) fn reflector<T: Target>(self) {
        let Self { reflectors, kind, labels, optional, tasks } = self;
        let (listed, receiver) = watch::channel(Listed::Asked);
        match reflectors.listed.lock().entry((T::PLACE, kind.clone())) {
            Entry::Occupied(_) => return,
            Entry::Vacant(slot) => slot.insert(receiver),
        };
        let (resource, client) = (resource(kind), reflectors.client.clone());
        let api: Api<Seen<T::Object>> = match &reflectors.namespace {
            Some(namespace) if *kind != Kind::CLUSTER_ANALYSIS_TEMPLATE => {
                Api::namespaced_with(client, namespace, &resource)
            }
            _ => Api::all_with(client, &resource),
        };
        let (kind, sinks) = (kind.clone(), reflectors.sinks.clone());
        let reflector = Reflector::<T> { kind, optional, sinks, listed, listing: None, target: PhantomData };
        let stop = reflectors.stop.clone();
        tasks.spawn(async move { stop.run_until_cancelled(reflector.run(api, labels)).await });
    }
}

/// Labels that restrict the watch of a kind without a row: of ConfigMaps only our beacons are wanted, of ReplicaSets only
/// those that the table of watches leaves out.
fn other_labels(kind: &Kind) -> String {
    match kind {
        kind if *kind == Kind::CONFIG_MAP => names::BEACON.to_owned(),
        kind if *kind == Kind::REPLICA_SET => format!("!{}", names::POD_TEMPLATE_HASH),
        _ => String::new(),
    }
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

struct Reflector<T> {
    kind: Kind,
    optional: bool,
    sinks: Sinks,
    listed: watch::Sender<Listed>,
    /// Names seen in the list that is being read.
    listing: Option<BTreeSet<Name>>,
    target: PhantomData<fn() -> T>,
}

impl<T: Target> Reflector<T> {
    async fn run(mut self, api: Api<Seen<T::Object>>, labels: String) {
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
        if self.optional && lacks_kind(error) {
            self.hear(Listed::Read);
        } else if *self.listed.borrow() != Listed::Read {
            self.hear(Listed::Refused(innermost(error).into()));
        }
        if !failing {
            tracing::warn!(kind = %self.kind.kind, %error, "cannot watch; trying again with back-off");
        }
    }

    fn take(&mut self, event: watcher::Event<Seen<T::Object>>) {
        match event {
            watcher::Event::Init => {
                self.listing = Some(BTreeSet::new());
                T::begin_list(&mut self.sinks.cache.write());
            }
            watcher::Event::InitApply(seen) => {
                if let Some(listing) = &mut self.listing {
                    listing.insert(seen.name.clone());
                }
                self.put(seen);
            }
            watcher::Event::InitDone => self.end_list(),
            watcher::Event::Apply(seen) => self.put(seen),
            watcher::Event::Delete(seen) => self.remove(&seen.name, seen.version()),
        }
    }

    /// What a complete list lacks was deleted while nobody watched.
    fn end_list(&mut self) {
        let listed = self.listing.take().unwrap_or_default();
        let known = T::names(&self.sinks.cache.read(), &self.kind);
        for name in known.difference(&listed) {
            self.remove(name, 0);
        }
        self.hear(Listed::Read);
    }

    /// Readers of a kind wait until its list has come so far.
    fn hear(&self, listed: Listed) {
        if self.listed.send_replace(listed.clone()) != listed {
            let tasks = readers_of_kind(&self.sinks.cache.read(), &self.kind);
            self.sinks.carry_out(tasks);
        }
    }

    fn put(&self, seen: Seen<T::Object>) {
        let (namespace, name) = &seen.name;
        match seen.object {
            Ok(object) => {
                let tasks = T::put(&mut self.sinks.cache.write(), &self.kind, object);
                self.sinks.carry_out(tasks);
            }
            // One malformed object is one warning; the last good copy stays and all others keep moving (I10).
            Err(error) => tracing::warn!(
                kind = %self.kind.kind, %namespace, %name, %error,
                "malformed object is ignored until it is mended; the last good copy is kept"
            ),
        }
    }

    fn remove(&self, name: &Name, version: u64) {
        let tasks = T::remove(&mut self.sinks.cache.write(), &self.kind, name, version);
        self.sinks.carry_out(tasks);
    }
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
