//! The built-in controllers: functions of the objects and the time, driven by the watch log.

mod definition;
mod deployment;
mod endpoints;
mod garbage;
mod job;
mod namespace;
mod pods;
mod replica_set;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::WatchEvent;
use crate::store::{Id, Store};

/// One controller.
pub(crate) struct Controller {
    /// Which objects must be looked at because of a change.
    pub(crate) concerns: fn(&Store, &WatchEvent) -> Vec<Id>,
    /// Brings one object a step further; tells when to look again although nothing may have changed.
    pub(crate) sync: fn(&mut Store, &Id, Timestamp) -> Option<Timestamp>,
}

/// Every built-in controller.
pub(crate) const CONTROLLERS: &[Controller] = &[
    deployment::DEPLOYMENT,
    replica_set::REPLICA_SET,
    job::JOB,
    endpoints::ENDPOINTS,
    garbage::GARBAGE,
    namespace::NAMESPACE,
    definition::DEFINITION,
];

/// Syncs in one step at most: two controllers that undo each other's work must not hang the world.
const BOUND: usize = 100_000;

/// What the controllers have still to do.
#[derive(Clone, Debug)]
pub(crate) struct Controllers {
    queues: Vec<Queue>,
    frozen: Option<Freeze>,
}

/// A standstill that is ahead or has begun.
#[derive(Clone, Copy, Debug)]
struct Freeze {
    /// Syncs before it begins.
    after: usize,
    until: Timestamp,
}

impl Freeze {
    /// Whether the next sync has to wait; else it is one of those before.
    fn holds(&mut self, now: Timestamp) -> bool {
        let before = self.after.checked_sub(1);
        self.after = before.unwrap_or(0);
        before.is_none() && now < self.until
    }
}

#[derive(Clone, Debug, Default)]
struct Queue {
    dirty: BTreeSet<Id>,
    /// When to look again at what.
    timers: BTreeMap<Id, Timestamp>,
}

impl Controllers {
    pub(crate) fn all() -> Self {
        Self { queues: CONTROLLERS.iter().map(|_| Queue::default()).collect(), frozen: None }
    }

    pub(crate) fn none() -> Self {
        Self { queues: Vec::new(), frozen: None }
    }

    /// Stands still after so many more syncs, until a time.
    pub(crate) fn freeze(&mut self, after: usize, until: Timestamp) {
        self.frozen = Some(Freeze { after, until });
    }

    /// Works until nothing is due, and tells when the next thing is.
    pub(crate) fn step(&mut self, store: &mut Store, now: Timestamp) -> Option<Timestamp> {
        for queue in &mut self.queues {
            queue.wake(now);
        }
        for _ in 0..BOUND {
            self.read_log(store);
            let next =
                self.queues.iter_mut().zip(CONTROLLERS).find_map(|(queue, controller)| {
                    queue.dirty.pop_first().map(|id| (queue, controller, id))
                });
            let Some((queue, controller, id)) = next else {
                return self.queues.iter().flat_map(|queue| queue.timers.values()).min().copied();
            };
            if let Some(freeze) = &mut self.frozen
                && freeze.holds(now)
            {
                queue.dirty.insert(id);
                return Some(freeze.until);
            }
            match (controller.sync)(store, &id, now) {
                Some(again) if again > now => drop(queue.timers.insert(id, again)),
                Some(_) => drop(queue.dirty.insert(id)),
                None => drop(queue.timers.remove(&id)),
            }
        }
        Some(now)
    }

    /// Looks at every object once, as after a restart.
    pub(crate) fn look_at_everything(&mut self, store: &Store) {
        for event in store.as_new() {
            for (queue, controller) in self.queues.iter_mut().zip(CONTROLLERS) {
                queue.dirty.extend((controller.concerns)(store, &event));
            }
        }
    }

    fn read_log(&mut self, store: &mut Store) {
        let latest = store.version();
        // Without controllers nobody reads; a log that nobody reads need not be kept for them.
        if self.queues.is_empty() {
            store.unread = u64::MAX;
            return;
        }
        if store.unread == latest {
            return;
        }
        if let Ok(events) = store.events_after(store.unread) {
            for event in events {
                for (queue, controller) in self.queues.iter_mut().zip(CONTROLLERS) {
                    queue.dirty.extend((controller.concerns)(store, event));
                }
            }
        }
        store.unread = latest;
    }
}

impl Queue {
    fn wake(&mut self, now: Timestamp) {
        let due = |(id, at): (&Id, &Timestamp)| (*at <= now).then(|| id.clone());
        let due: Vec<Id> = self.timers.iter().filter_map(due).collect();
        for id in due {
            self.timers.remove(&id);
            self.dirty.insert(id);
        }
    }
}
