//! Clients: a steady mix of reads and writes, sent when they are due, however slowly the answers come.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::{Client, Method};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::HOST;
use super::tally::{Answer, Tally};
use crate::Error;

/// Longest time that a client waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests under way at the same time; beyond that a request counts as failed and is not sent.
const CROWD: usize = 2_000;
/// One request in so many is a write.
const WRITES: u64 = 5;
/// 2^64 divided by the golden ratio: steps of it around a circle fall evenly, also every second or tenth of them.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// What is rated.
const ITEMS: [&str; 6] = ["lobster", "crab", "prawn", "crayfish", "krill", "langoustine"];

/// The clients of one region.
pub(crate) struct Load {
    sender: Arc<Sender>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

struct Sender {
    region: String,
    gateway: SocketAddr,
    client: Client,
    under_way: AtomicUsize,
    tally: Mutex<Arc<Tally>>,
}

impl Load {
    /// Begins to send `rate` requests a second to `gateway`.
    pub(crate) fn start(region: &str, gateway: SocketAddr, rate: u32) -> Result<Self, Error> {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build();
        let client =
            client.map_err(|error| Error::new(format!("cannot set up the clients of {region}: {error}")))?;
        let sender = Arc::new(Sender {
            region: region.to_owned(),
            gateway,
            client,
            under_way: AtomicUsize::new(0),
            tally: Mutex::new(Arc::new(Tally::new())),
        });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (sending, tracker) = (Arc::clone(&sender), tasks.clone());
        let token = stop.clone();
        tasks.spawn(async move {
            token.run_until_cancelled(send_all(sending, rate, tracker)).await;
        });
        Ok(Self { sender, stop, tasks })
    }

    /// Requests that are sent from now on are counted anew, in the returned tally.
    pub(crate) fn count_anew(&self) -> Arc<Tally> {
        let tally = Arc::new(Tally::new());
        *self.sender.tally.lock() = Arc::clone(&tally);
        tally
    }

    /// Ends when the last request is answered.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A late tick sends what it missed: the load does not shrink when the machine is slow.
async fn send_all(sender: Arc<Sender>, rate: u32, tasks: TaskTracker) {
    let mut ticks = interval(Duration::from_secs(1) / rate.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0_u64.. {
        let due = ticks.tick().await;
        let sender = Arc::clone(&sender);
        tasks.spawn(async move { sender.send(number, due).await });
    }
}

/// Whether this request is a write. A gateway that gives every tenth request to the canary must not give it reads
/// alone, so it is not simply every fifth.
const fn is_write(number: u64) -> bool {
    number.wrapping_mul(GOLDEN) < u64::MAX / WRITES
}

impl Sender {
    async fn send(&self, number: u64, due: Instant) {
        let tally = Arc::clone(&self.tally.lock());
        let answer = if self.under_way.fetch_add(1, Ordering::Relaxed) < CROWD {
            self.ask(number).await.unwrap_or_else(|error| {
                tracing::debug!(%error, region = self.region, "a client got no answer");
                Answer { version: String::new(), status: 0 }
            })
        } else {
            Answer { version: String::new(), status: 0 }
        };
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        tally.record(answer, due);
    }

    async fn ask(&self, number: u64) -> reqwest::Result<Answer> {
        let item = ITEMS.get(number as usize % ITEMS.len()).copied().unwrap_or_default();
        let (gateway, region) = (self.gateway, &self.region);
        let request = if is_write(number) {
            self.client
                .request(Method::POST, format!("http://{gateway}/v1/items/{item}/ratings"))
                .header("idempotency-key", format!("{region}-{number}"))
                .json(&serde_json::json!({"stars": number / WRITES % 5 + 1}))
        } else {
            self.client.request(Method::GET, format!("http://{gateway}/v1/items/{item}/rating"))
        };
        let response = request.header("host", HOST).send().await?;
        let version = response.headers().get("x-version").and_then(|version| version.to_str().ok());
        let answer =
            Answer { version: version.unwrap_or_default().to_owned(), status: response.status().as_u16() };
        // An answer is had when its body is.
        response.bytes().await?;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_share_a_gateway_gives_to_a_version_a_fifth_of_it_are_writes() {
        for cycle in [1, 2, 3, 5, 10, 20, 100] {
            for first in 0..cycle {
                let writes = (0..500).filter(|turn| is_write(first + turn * cycle)).count();
                assert!((95..=105).contains(&writes), "{writes} of 500, every {cycle} from {first}");
            }
        }
    }
}
