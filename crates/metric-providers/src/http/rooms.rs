//! How many requests are under way to one server, and how many long answers are read at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests that are under way to one server at most, and so connections to it: a thousand runs that fall due together
/// are no attack on their Prometheus, and a server that hangs holds up nobody but those who ask it.
pub(crate) const MOST: usize = 64;

/// Long answers that are read at the same time, of all servers. Each takes its body, of [`super::MAX_BODY`] at most, what it
/// becomes, of [`super::weight::MOST`] at most, and perhaps a copy of that.
pub(crate) const MOST_LONG: usize = 2;

/// Long answers that arrive at the same time, of all servers.
pub(crate) const MOST_ARRIVING: usize = 4;

/// One room a server that somebody asks, and two for long answers; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    servers: Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>,
    arriving: Arc<Semaphore>,
    long: Arc<Semaphore>,
    /// How long a long body may take to arrive once it has its place.
    pub(super) arrives_within: Duration,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            servers: Arc::default(),
            arriving: Arc::new(Semaphore::new(MOST_ARRIVING)),
            long: Arc::new(Semaphore::new(MOST_LONG)),
            arrives_within: Duration::from_secs(5),
        }
    }
}

impl Rooms {
    /// Waits for a place among those who ask the server of `url`, which is given back when it is dropped.
    pub(crate) async fn enter(&self, url: &Url) -> Option<OwnedSemaphorePermit> {
        let room = {
            let mut rooms = self.servers.lock();
            // Whoever is in a room, or waits before it, holds it.
            rooms.retain(|_, room| Arc::strong_count(room) > 1);
            let room = rooms.entry(url.origin().ascii_serialization());
            Arc::clone(room.or_insert_with(|| Arc::new(Semaphore::new(MOST))))
        };
        // A room is never closed.
        room.acquire_owned().await.ok()
    }

    /// Waits for a place among the long answers that arrive.
    pub(super) async fn arriving(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.arriving).acquire_owned().await.ok()
    }

    /// Waits for a place among the long answers that are read, which is given back when it is dropped.
    pub(super) async fn long(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.long).acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_is_asked_by_so_many_at_once_and_another_is_not_held_up() {
        let rooms = Rooms::default();
        let url = |text: &str| text.parse::<Url>().unwrap();
        let mut inside = Vec::new();
        for number in 0..MOST {
            inside.push(rooms.enter(&url(&format!("http://a:1/{number}"))).await);
        }
        let late = url("http://a:1/late");
        let mut waiting = Box::pin(rooms.enter(&late));
        assert!(tokio::time::timeout(Duration::ZERO, &mut waiting).await.is_err(), "the room is full");
        assert!(rooms.enter(&url("http://b:1")).await.is_some());
        inside.pop();
        assert!(waiting.await.is_some());
        inside.clear();
        drop(rooms.enter(&url("http://c:1")).await);
        assert_eq!(rooms.servers.lock().len(), 1, "rooms that nobody is in are given up");
    }
}
