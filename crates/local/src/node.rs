//! The node: turns Pods into running servers, and reports what became of them.
//!
//! Every pod becomes one instance of the rating service inside this process, on a port of its own, with the service's
//! sidecar before it where a container is one. All pods share
//! the address 127.0.0.1 (one loopback address a pod would need a route that macOS does not have), so the real
//! `address:port` stands in the annotation [`ADDRESS`]; the gateway, the probes and the scraper read it there.

mod container;
mod environment;
mod lifecycle;
mod probe;
mod report;
mod servers;

pub use container::tag;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::{Node as NodeObject, Pod};
use kube::api::{Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use tokio::sync::watch;

use crate::Pace;
use crate::get::Getter;
use crate::watch::Tasks;
use lifecycle::Wish;

/// Annotation on a pod: where it really listens, such as `127.0.0.1:40123`.
pub const ADDRESS: &str = "local.aviary.dev/address";

/// Annotation on a pod: where its metrics are read.
pub(crate) const METRICS: &str = "local.aviary.dev/metrics";

/// Where a pod's metrics are read, once it runs.
pub(crate) fn metrics_address(pod: &Pod) -> Option<SocketAddr> {
    pod.annotations().get(METRICS)?.parse().ok()
}

/// Where a pod really listens, once it runs.
pub(crate) fn address(pod: &Pod) -> Option<SocketAddr> {
    pod.annotations().get(ADDRESS)?.parse().ok()
}

/// How a node is to behave.
#[derive(Clone)]
pub(crate) struct NodeConfig {
    /// Its name.
    pub name: String,
    /// Divides every duration out of a manifest.
    pub pace: Pace,
    /// How long an image takes to be pulled and started, as a duration of the manifests.
    pub start_delay: Duration,
    /// What is wrong with an image, by its tag. The environment of a container can ask for more.
    pub images: BTreeMap<String, rating::FaultPlan>,
    /// The database that all pods share.
    pub store: Arc<dyn rating::Store>,
}

/// What every pod's task needs.
pub(crate) struct Shared {
    client: Client,
    config: NodeConfig,
    getter: Getter,
}

/// Runs a node until `tasks` are to stop; then every pod is drained, and left as it is in the API.
pub(crate) async fn run(client: Client, config: NodeConfig, tasks: &Tasks) -> kube::Result<()> {
    register(&client, &config.name).await?;
    let shared = Arc::new(Shared { client: client.clone(), config, getter: Getter::new() });
    let (pods, stop) = (Pods { shared, tasks: tasks.clone(), running: BTreeMap::new() }, tasks.stop.clone());
    tasks.tracker.spawn(pods.follow(Api::all(client), stop));
    Ok(())
}

async fn register(client: &Client, name: &str) -> kube::Result<()> {
    let nodes: Api<NodeObject> = Api::all(client.clone());
    let node = serde_json::from_value(
        json!({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}}),
    )
    .map_err(kube::Error::SerdeError)?;
    match nodes.create(&PostParams::default(), &node).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.is_already_exists() => {}
        Err(error) => return Err(error),
    }
    let room = json!({"cpu": "64", "memory": "64Gi", "pods": "500"});
    let status = json!({"status": {
        "capacity": room, "allocatable": room,
        "conditions": [{"type": "Ready", "status": "True", "reason": "NodeReady", "message": "pods run in this process",
                        "lastTransitionTime": report::now(), "lastHeartbeatTime": report::now()}],
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
    }});
    nodes.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await?;
    Ok(())
}

/// The pods that run here, by uid, and how to tell each one's task what is wished.
struct Pods {
    shared: Arc<Shared>,
    tasks: Tasks,
    running: BTreeMap<String, watch::Sender<Wish>>,
}

impl Pods {
    async fn follow(mut self, api: Api<Pod>, stop: tokio_util::sync::CancellationToken) {
        let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
        while let Some(Some(event)) = stop.run_until_cancelled(events.next()).await {
            match event {
                Ok(watcher::Event::Apply(pod) | watcher::Event::InitApply(pod)) => self.seen(pod),
                Ok(watcher::Event::Delete(pod)) => self.gone(&pod),
                Ok(watcher::Event::Init | watcher::Event::InitDone) => {}
                Err(error) => tracing::warn!(%error, "watching pods"),
            }
        }
        for wish in self.running.values() {
            wish.send_replace(Wish::Gone);
        }
    }

    fn seen(&mut self, pod: Pod) {
        let uid = pod.uid().unwrap_or_default();
        self.running.retain(|_, wish| !wish.is_closed());
        if let Some(wish) = self.running.get(&uid) {
            if let Some(grace) = grace(&pod) {
                wish.send_if_modified(|wish| {
                    let changed = *wish == Wish::Run;
                    if changed {
                        *wish = Wish::Terminate(grace);
                    }
                    changed
                });
            }
        } else if self.is_for_us(&pod) {
            let first = grace(&pod).map_or(Wish::Run, Wish::Terminate);
            let (sender, receiver) = watch::channel(first);
            self.running.insert(uid, sender);
            self.tasks.tracker.spawn(lifecycle::live(Arc::clone(&self.shared), pod, receiver));
        }
    }

    fn gone(&mut self, pod: &Pod) {
        if let Some(wish) = self.running.remove(&pod.uid().unwrap_or_default()) {
            wish.send_replace(Wish::Gone);
        }
    }

    /// Pods without a node are taken: there is no other node, and no scheduler.
    fn is_for_us(&self, pod: &Pod) -> bool {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
        (node.is_empty() || node == self.shared.config.name) && !matches!(phase, "Succeeded" | "Failed")
    }
}

/// How long a pod that is being deleted may take, as the API says it.
fn grace(pod: &Pod) -> Option<Duration> {
    pod.metadata.deletion_timestamp.as_ref()?;
    let seconds = pod.metadata.deletion_grace_period_seconds.unwrap_or(30);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}
