//! How many requests are under way to one server.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests that are under way to one server at most, and so connections to it: a thousand runs that fall due together
/// are no attack on their Prometheus, and a server that hangs holds up nobody but those who ask it.
pub(crate) const MOST: usize = 64;

/// One room a server that somebody asks; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rooms(Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>);

impl Rooms {
    /// Waits for a place among those who ask the server of `url`, which is given back when it is dropped.
    pub(crate) async fn enter(&self, url: &Url) -> Option<OwnedSemaphorePermit> {
        let room = {
            let mut rooms = self.0.lock();
            // Whoever is in a room, or waits before it, holds it.
            rooms.retain(|_, room| Arc::strong_count(room) > 1);
            let room = rooms.entry(url.origin().ascii_serialization());
            Arc::clone(room.or_insert_with(|| Arc::new(Semaphore::new(MOST))))
        };
        // A room is never closed.
        room.acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        assert_eq!(rooms.0.lock().len(), 1, "rooms that nobody is in are given up");
    }
}
