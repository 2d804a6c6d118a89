//! How many requests are under way to one server, and how many long answers are read at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::Url;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::pace::Pace;
use crate::Fault;

/// Requests that are under way to one server at most: a thousand runs that fall due together are no attack on their
/// Prometheus, and a server that hangs holds up nobody but those who ask it. As many connections may idle besides, so it
/// has twice as many in a burst.
pub(crate) const MOST: usize = 64;

/// Long answers that are read at the same time, of all servers. Each takes its body, of [`super::MAX_BODY`] at most, what it
/// becomes, of [`super::weight::MOST`] at most, and perhaps a copy of that.
pub(crate) const MOST_LONG: usize = 2;

/// Long answers that arrive at the same time, of all servers.
pub(crate) const MOST_ARRIVING: usize = 4;

/// Of those, of one server: one that begins long answers and does not end them leaves places to others.
pub(crate) const MOST_ARRIVING_OF_ONE: usize = 2;

/// How long a question waits for a place among those who ask the same server, and its answer among the long ones. This is
/// no time of its metric's, for the server is not what it waits for; but a measurement must end.
const MOST_WAIT: Duration = Duration::from_secs(60);

/// One room a server that somebody asks, and two for long answers; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    servers: Arc<Mutex<BTreeMap<String, Server>>>,
    arriving: Arc<Semaphore>,
    long: Arc<Semaphore>,
    /// How quickly a long body must arrive once it has its place.
    pub(super) pace: Pace,
}

#[derive(Clone, Debug)]
struct Server {
    asked: Arc<Semaphore>,
    arriving: Arc<Semaphore>,
}

/// A place among those who ask a server, which is given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _asked: Option<OwnedSemaphorePermit>,
    arriving: Arc<Semaphore>,
}

/// A place among the long answers that arrive, which is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Arriving {
    _of_all: Option<OwnedSemaphorePermit>,
    _of_one: Option<OwnedSemaphorePermit>,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            servers: Arc::default(),
            arriving: Arc::new(Semaphore::new(MOST_ARRIVING)),
            long: Arc::new(Semaphore::new(MOST_LONG)),
            pace: Pace::default(),
        }
    }
}

impl Rooms {
    /// Waits for a place among those who ask the server of `url`.
    ///
    /// # Errors
    /// That others have kept all of them for too long.
    pub(crate) async fn enter(&self, url: &Url) -> Result<Place, Fault> {
        let Server { asked, arriving } = {
            let mut servers = self.servers.lock();
            // Whoever is in a room, or waits before it, holds it.
            servers.retain(|_, server| Arc::strong_count(&server.asked) > 1);
            let server = servers.entry(url.origin().ascii_serialization());
            server.or_default().clone()
        };
        let asked = tokio::time::timeout(MOST_WAIT, asked.acquire_owned()).await;
        // A room is never closed.
        Ok(Place { _asked: asked.map_err(|_| Fault::Crowded(MOST_WAIT))?.ok(), arriving })
    }

    /// Waits for a place among the long answers that arrive: first for one of its server's, so that those who wait for
    /// all have a server each that holds few.
    pub(super) async fn arriving(&self, at: &Place) -> Result<Arriving, Fault> {
        let both = async {
            let of_one = Arc::clone(&at.arriving).acquire_owned().await.ok();
            Arriving { _of_one: of_one, _of_all: Arc::clone(&self.arriving).acquire_owned().await.ok() }
        };
        tokio::time::timeout(MOST_WAIT, both).await.map_err(|_| Fault::Crowded(MOST_WAIT))
    }

    /// Waits for a place among the long answers that are read, which is given back when it is dropped.
    pub(super) async fn long(&self) -> Result<Option<OwnedSemaphorePermit>, Fault> {
        let long = Arc::clone(&self.long).acquire_owned();
        let waited = tokio::time::timeout(MOST_WAIT, long).await;
        waited.map(Result::ok).map_err(|_| Fault::Crowded(MOST_WAIT))
    }

    /// How many more long answers may arrive now.
    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.arriving.available_permits()
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            asked: Arc::new(Semaphore::new(MOST)),
            arriving: Arc::new(Semaphore::new(MOST_ARRIVING_OF_ONE)),
        }
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
        let free = url("http://b:1");
        assert!(tokio::time::timeout(Duration::ZERO, rooms.enter(&free)).await.is_ok());
        inside.pop();
        waiting.await.unwrap();
        inside.clear();
        drop(rooms.enter(&url("http://c:1")).await);
        assert_eq!(rooms.servers.lock().len(), 1, "rooms that nobody is in are given up");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_holds_few_of_the_places_of_all_and_no_wait_is_without_end() {
        let rooms = Rooms::default();
        let [a, b, c] = ["http://a:1", "http://b:1", "http://c:1"].map(|text| text.parse::<Url>().unwrap());
        let (a, b, c) = (rooms.enter(&a).await, rooms.enter(&b).await, rooms.enter(&c).await);
        let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
        let _held = [rooms.arriving(&a).await.unwrap(), rooms.arriving(&a).await.unwrap()];
        assert_eq!(rooms.arriving(&a).await.unwrap_err(), Fault::Crowded(MOST_WAIT), "its own are taken");
        let _others = [rooms.arriving(&b).await.unwrap(), rooms.arriving(&b).await.unwrap()];
        assert_eq!(
            rooms.arriving(&c).await.unwrap_err(),
            Fault::Crowded(MOST_WAIT),
            "those of all are taken"
        );
    }
}
