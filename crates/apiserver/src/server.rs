//! The handle of a server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use world::World;

use crate::journal::Journal;
use crate::shared::Shared;
use crate::{Clock, Listening, Service, listen, tick};

/// How a server begins.
#[derive(Debug)]
pub struct Options {
    /// What is there at the beginning. Regions that share no uids begin with different seeds.
    pub world: World,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where the objects are kept over a restart; `None` keeps them in memory. What is there replaces `world`'s objects.
    pub data_dir: Option<PathBuf>,
}

impl Default for Options {
    /// An empty world in memory, on the machine's time.
    fn default() -> Self {
        Self { world: World::new(), clock: Clock::system(), data_dir: None }
    }
}

/// A running API server. Clones are handles of the same one; it ends with the last handle, service and watch.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
}

impl Server {
    /// Starts a server. Must be called within a tokio runtime, on which the world's controllers then run.
    ///
    /// Fails when the data directory cannot be read or belongs to another running server.
    pub fn new(options: Options) -> std::io::Result<Self> {
        let Options { mut world, clock, data_dir } = options;
        let journal = data_dir.map(|directory| Journal::open(&directory, &mut world)).transpose()?;
        let shared = Arc::new(Shared::new(world, clock, journal));
        tick::start(&shared);
        Ok(Self { shared })
    }

    /// The API as a service, without a socket: for `kube::Client::new(server.service(), "default")`.
    pub fn service(&self) -> Service {
        Service::new(self.shared.clone())
    }

    /// Serves the API on a socket; port 0 picks a free one.
    pub async fn listen(&self, address: SocketAddr) -> std::io::Result<Listening> {
        listen::listen(self.service(), address).await
    }

    /// The present, as the server sees it.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Looks into the world, or changes it past the API. Everything else waits while `act` runs.
    pub fn with_world<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        self.shared.with(act)
    }

    /// The version of the world's latest change, told each time it moves: to wait for what [`Self::with_world`] sees.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes()
    }

    /// Waits until `look` finds something: it looks now, and at each change of the world.
    pub async fn until<T, F: Future<Output = Option<T>>>(&self, mut look: impl FnMut() -> F) -> T {
        let mut changes = self.changes();
        loop {
            // Whatever changes from here on wakes the wait below.
            changes.mark_unchanged();
            if let Some(found) = look().await {
                return found;
            }
            if changes.changed().await.is_err() {
                // Nothing tells changes any more, so there will be none.
                std::future::pending::<()>().await;
            }
        }
    }
}
