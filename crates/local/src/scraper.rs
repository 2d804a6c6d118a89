//! Reads the metrics of every pod that runs, as a Prometheus in the cluster would.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::reflector::Store;
use kube::{Api, Client, ResourceExt};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};

use crate::get::Getter;
use crate::node;
use crate::promql::{Labels, Storage, exposition};
use crate::watch::{Tasks, follow};

/// Longest time for one scrape.
const PATIENCE: Duration = Duration::from_secs(1);

/// Scrapes every `every` (real time) into `storage`.
///
/// Each sample carries `namespace`, `pod`, and the pod's labels with everything but letters, digits and underscores
/// replaced: `rollouts-pod-template-hash` becomes `rollouts_pod_template_hash`.
pub(crate) fn start(client: Client, storage: Arc<Storage>, every: Duration, tasks: &Tasks) {
    let pods = follow(Api::all(client), (), Arc::new(Notify::new()), tasks);
    let mut scraper = Scraper { pods, storage, getter: Getter::new(), known: BTreeSet::new() };
    tasks.spawn(async move {
        let mut ticks = interval(every.max(Duration::from_millis(20)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            scraper.round().await;
        }
    });
}

struct Scraper {
    pods: Store<Pod>,
    storage: Arc<Storage>,
    getter: Getter,
    known: BTreeSet<Labels>,
}

impl Scraper {
    async fn round(&mut self) {
        let targets: BTreeMap<Labels, SocketAddr> =
            self.pods.state().iter().filter_map(|pod| Some((target(pod), node::address(pod)?))).collect();
        let at = Timestamp::now().as_millisecond();
        for gone in self.known.iter().filter(|known| !targets.contains_key(known)) {
            self.storage.target_gone(gone, at);
            self.storage.mark_stale(up(gone), at);
        }
        join_all(targets.iter().map(|(target, address)| self.scrape(target, *address))).await;
        self.known = targets.into_keys().collect();
    }

    async fn scrape(&self, target: &Labels, address: SocketAddr) {
        let answer = self.getter.get(address, "/metrics", &[], PATIENCE).await;
        let samples = match answer {
            Ok((status, text)) if status.is_success() => {
                exposition::parse(&text).map_err(|error| error.to_string())
            }
            Ok((status, _)) => Err(format!("status {status}")),
            Err(reason) => Err(reason),
        };
        let at = Timestamp::now().as_millisecond();
        self.storage.append(up(target), at, if samples.is_ok() { 1.0 } else { 0.0 });
        match samples {
            Ok(samples) => self.storage.scraped(target, &samples, at),
            Err(reason) => {
                tracing::debug!(%reason, pod = target.get("pod"), "scraping");
                self.storage.target_gone(target, at);
            }
        }
    }
}

fn target(pod: &Pod) -> Labels {
    let plain = |key: &str| key.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let labels =
        pod.labels().iter().fold(Labels::default(), |labels, (key, value)| labels.with(plain(key), value));
    labels.with("namespace", pod.namespace().unwrap_or_default()).with("pod", pod.name_any())
}

fn up(target: &Labels) -> Labels {
    target.clone().with("__name__", "up")
}
