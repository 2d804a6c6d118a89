//! Reads the metrics of every pod that runs, as a Prometheus in the cluster would.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};

use crate::get::Getter;
use crate::promql::{Labels, Storage, exposition};
use crate::targets::Targets;
use crate::watch::Tasks;

/// Longest time for one scrape.
const PATIENCE: Duration = Duration::from_secs(1);

/// Scrapes every `every` (real time) into `storage`. Each sample carries the labels of its target.
pub(crate) fn start(targets: Targets, storage: Arc<Storage>, every: Duration, tasks: &Tasks) {
    let mut scraper = Scraper { targets, storage, getter: Getter::new(), known: BTreeSet::new() };
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
    targets: Targets,
    storage: Arc<Storage>,
    getter: Getter,
    known: BTreeSet<Labels>,
}

impl Scraper {
    async fn round(&mut self) {
        let targets = self.targets.all();
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

fn up(target: &Labels) -> Labels {
    target.clone().with("__name__", "up")
}
