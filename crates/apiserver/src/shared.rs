//! The world behind its mutex, and who is told when it changes.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use world::World;

use crate::Clock;
use crate::journal::Journal;

/// What all handles, requests and watches of one server share.
pub(crate) struct Shared {
    world: Mutex<Kept>,
    pub(crate) clock: Clock,
    /// The version of the latest change; watches wait for it to move.
    head: watch::Sender<u64>,
    /// Wakes the ticker; it outlives this so that the ticker can see the end.
    work: Arc<Notify>,
}

/// The world, and the files that follow it.
struct Kept {
    world: World,
    journal: Option<Journal>,
}

impl Shared {
    pub(crate) fn new(world: World, clock: Clock, journal: Option<Journal>) -> Self {
        let head = watch::Sender::new(world.version());
        Self { world: Mutex::new(Kept { world, journal }), clock, head, work: Arc::default() }
    }

    /// Reads or changes the world. The lock is held for as long as `act` runs: it must neither wait nor serialise.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let mut kept = self.world.lock();
        let Kept { world, journal } = &mut *kept;
        let before = world.version();
        let result = act(world, self.clock.now());
        let after = world.version();
        if let (true, Some(open)) = (after != before, journal.as_mut())
            && let Err(error) = open.record(world)
        {
            // Going on without the disk keeps the clients alive; what is in memory is right.
            tracing::error!(%error, "the journal cannot be written; changes are kept in memory only from now on");
            *journal = None;
        }
        drop(kept);
        if after != before {
            // A slower writer must not turn the head back.
            self.head.send_if_modified(|head| {
                let moved = after > *head;
                *head = after.max(*head);
                moved
            });
            self.work.notify_one();
        }
        result
    }

    /// Told each time the world changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// What the ticker waits for.
    pub(crate) fn work(&self) -> Arc<Notify> {
        self.work.clone()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.work.notify_one();
    }
}
