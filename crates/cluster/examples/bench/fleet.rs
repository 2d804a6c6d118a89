//! Many workloads of one kind: made, updated, and watched until they are as wanted.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use kube::{Client, runtime::watcher};
use parking_lot::Mutex;
use serde_json::{Value, json};

pub(crate) const NAMESPACE: &str = "bench";
/// Requests of ours that are under way at the same time.
const AT_ONCE: usize = 32;
/// How often we look whether all is done.
const LOOK: Duration = Duration::from_millis(20);
/// Longest time without any workload getting done.
const PATIENCE: Duration = Duration::from_secs(300);

/// A kind of workload.
pub(crate) struct Workload {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    /// What its `spec` has beside replicas, selector and template.
    pub(crate) strategy: fn() -> Value,
    /// Which generation its status speaks of.
    pub(crate) observed: fn(&Value) -> Option<i64>,
    /// Whether the version of its status runs alone; the text tells that version from others, if the status names it.
    pub(crate) done: fn(&Value) -> Option<String>,
}

/// How far a workload is.
#[derive(Clone, Debug, Default)]
struct Progress {
    version: String,
    asked: Option<Instant>,
    observed: Option<Instant>,
    done: Option<(Instant, String)>,
}

/// The workloads.
pub(crate) struct Fleet {
    kind: &'static Workload,
    api: Api<DynamicObject>,
    names: Vec<String>,
    generation: i64,
    progress: Arc<Mutex<BTreeMap<String, Progress>>>,
    wanted: Arc<Mutex<i64>>,
    watching: tokio::task::JoinHandle<()>,
}

/// What came of one change of all workloads.
pub(crate) struct Change {
    /// From the first request to the last workload being done.
    pub(crate) seconds: f64,
    /// From asking to the status speaking of it, in milliseconds, sorted.
    pub(crate) to_observed: Vec<f64>,
    /// From asking to done.
    pub(crate) to_done: Vec<f64>,
}

impl Fleet {
    /// None exists yet.
    pub(crate) fn new(client: &Client, kind: &'static Workload, count: usize) -> Self {
        let gvk = GroupVersionKind::gvk(kind.group, kind.version, kind.kind);
        let api = Api::namespaced_with(client.clone(), NAMESPACE, &ApiResource::from_gvk(&gvk));
        let names: Vec<String> = (0..count).map(|number| format!("shop-{number}")).collect();
        let progress = Arc::new(Mutex::new(BTreeMap::new()));
        let wanted = Arc::new(Mutex::new(1));
        let watching = tokio::spawn(watch(kind, api.clone(), Arc::clone(&progress), Arc::clone(&wanted)));
        Self { kind, api, names, generation: 0, progress, wanted, watching }
    }

    /// Makes all of them and waits until they are done.
    pub(crate) async fn create(&mut self) -> Result<Change, Box<dyn Error>> {
        let api = self.api.clone();
        self.change(|name, kind| {
            let (api, object) = (api.clone(), object(kind, name, "shop:1"));
            async move {
                api.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
                Ok(())
            }
        })
        .await
    }

    /// Gives all of them another image and waits until they are done.
    pub(crate) async fn update(&mut self, image: &'static str) -> Result<Change, Box<dyn Error>> {
        let api = self.api.clone();
        self.change(|name, _| {
            let (api, name) = (api.clone(), name.to_owned());
            let patch =
                json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]);
            async move {
                let patch = Patch::<()>::Json(serde_json::from_value(patch)?);
                api.patch(&name, &PatchParams::default(), &patch).await?;
                Ok(())
            }
        })
        .await
    }

    /// Changes a label of all of them, which means nothing to anybody.
    pub(crate) async fn touch(&self, value: usize) -> Result<(), Box<dyn Error>> {
        let patch = json!({"metadata": {"labels": {"bench": value.to_string()}}});
        let touch = |name: &String| {
            let (api, name, patch) = (self.api.clone(), name.clone(), patch.clone());
            async move { api.patch(&name, &PatchParams::default(), &Patch::Merge(&patch)).await.map(drop) }
        };
        let requests: Vec<_> = self.names.iter().map(touch).collect();
        Ok(stream::iter(requests).buffer_unordered(AT_ONCE).try_collect().await?)
    }

    async fn change<F>(
        &mut self,
        request: impl Fn(&str, &'static Workload) -> F,
    ) -> Result<Change, Box<dyn Error>>
    where
        F: Future<Output = Result<(), Box<dyn Error>>>,
    {
        self.generation += 1;
        *self.wanted.lock() = self.generation;
        for name in &self.names {
            let mut all = self.progress.lock();
            let one = all.entry(name.clone()).or_default();
            let version = one.done.take().map(|(_, version)| version).unwrap_or_default();
            *one = Progress { version, ..Progress::default() };
        }
        let began = Instant::now();
        let ask = |name: &String| {
            let (progress, name, kind) = (Arc::clone(&self.progress), name.clone(), self.kind);
            let request = &request;
            async move {
                progress.lock().entry(name.clone()).or_default().asked = Some(Instant::now());
                request(&name, kind).await
            }
        };
        let requests: Vec<_> = self.names.iter().map(ask).collect();
        stream::iter(requests).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        self.wait().await?;
        Ok(self.result(began))
    }

    async fn wait(&self) -> Result<(), Box<dyn Error>> {
        let (mut done, mut since) = (0, Instant::now());
        loop {
            let now = self.progress.lock().values().filter(|one| one.done.is_some()).count();
            if now == self.names.len() {
                return Ok(());
            }
            if now != done {
                (done, since) = (now, Instant::now());
            }
            if since.elapsed() > PATIENCE {
                let all = self.progress.lock();
                let late = all.iter().find(|(_, one)| one.done.is_none()).map(|(name, _)| name.clone());
                return Err(format!("{done} of {} are done, and no more: {late:?}", self.names.len()).into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn result(&self, began: Instant) -> Change {
        let all = self.progress.lock();
        let last = all.values().filter_map(|one| one.done.as_ref()).map(|(at, _)| *at).max().unwrap_or(began);
        let times = |end: fn(&Progress) -> Option<Instant>| {
            let times = all.values().filter_map(|one| Some(end(one)?.duration_since(one.asked?)));
            let mut times: Vec<f64> = times.map(|time| time.as_secs_f64() * 1000.0).collect();
            times.sort_by(f64::total_cmp);
            times
        };
        Change {
            seconds: last.duration_since(began).as_secs_f64(),
            to_observed: times(|one| one.observed),
            to_done: times(|one| one.done.as_ref().map(|(at, _)| *at)),
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

async fn watch(
    kind: &'static Workload,
    api: Api<DynamicObject>,
    progress: Arc<Mutex<BTreeMap<String, Progress>>>,
    wanted: Arc<Mutex<i64>>,
) {
    let mut events = watcher(api, watcher::Config::default()).boxed();
    // Errors are those of a watch that is begun again.
    while let Some(event) = events.next().await {
        let Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) = event else { continue };
        let (name, generation) = (object.metadata.name.clone(), object.metadata.generation);
        let wanted = *wanted.lock();
        if generation != Some(wanted) || (kind.observed)(&object.data) != Some(wanted) {
            continue;
        }
        let mut all = progress.lock();
        let one = all.entry(name.unwrap_or_default()).or_default();
        one.observed.get_or_insert_with(Instant::now);
        if let Some(version) = (kind.done)(&object.data)
            && one.done.is_none()
            && (version != one.version || version.is_empty())
        {
            one.done = Some((Instant::now(), version));
        }
    }
}

fn object(kind: &Workload, name: &str, image: &str) -> Value {
    let version = if kind.group.is_empty() {
        kind.version.to_owned()
    } else {
        format!("{}/{}", kind.group, kind.version)
    };
    let mut object = json!({
        "apiVersion": version, "kind": kind.kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name, "team": "bench"}},
        "spec": {
            "replicas": 1,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, image),
            "strategy": (kind.strategy)(),
        },
    });
    // As `kubectl apply` leaves it.
    let applied = object.to_string();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let annotations = json!({"kubectl.kubernetes.io/last-applied-configuration": applied});
        metadata.insert("annotations".to_owned(), annotations);
    }
    object
}

/// What a small service has.
fn template(name: &str, image: &str) -> Value {
    let probe = |path: &str| json!({"httpGet": {"path": path, "port": "http"}, "periodSeconds": 5});
    json!({
        "metadata": {"labels": {"app": name}, "annotations": {"prometheus.io/scrape": "true"}},
        "spec": {"containers": [{
            "name": "shop",
            "image": image,
            "ports": [{"name": "http", "containerPort": 8080}],
            "env": [{"name": "REGION", "value": "us-east-1"}, {"name": "LOG_LEVEL", "value": "info"}],
            "readinessProbe": probe("/readyz"),
            "livenessProbe": probe("/livez"),
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        }]},
    })
}
