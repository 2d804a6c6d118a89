//! What happened in one namespace, in the order in which the API server told it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use parking_lot::{Condvar, Mutex};
use serde_json::Value;

use super::{Kind, Seen, text};

/// One change of one object.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// When it was told, which may be later than it was done.
    pub(crate) at: Timestamp,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) object: Arc<Value>,
    /// Whether this was the object's end.
    pub(crate) gone: bool,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    now: Seen,
}

/// The record of a namespace.
#[derive(Default)]
pub(crate) struct Log {
    state: Mutex<State>,
    changed: Condvar,
}

impl Log {
    pub(crate) fn push(&self, entry: Entry) {
        let mut state = self.state.lock();
        state.now.take(&entry);
        state.entries.push(entry);
        self.changed.notify_all();
    }

    /// Waits until `holds` is true of everything that was told, and more was told than `known` entries; gives how many.
    pub(crate) fn until(
        &self,
        end: Instant,
        known: Option<usize>,
        holds: &mut dyn FnMut(&Seen) -> bool,
    ) -> Option<usize> {
        let mut state = self.state.lock();
        loop {
            let told = state.entries.len();
            if known.is_none_or(|known| told > known) && holds(&state.now) {
                return Some(told);
            }
            if self.changed.wait_until(&mut state, end).timed_out() {
                return None;
            }
        }
    }

    /// The kinds of which something was told.
    pub(crate) fn kinds(&self) -> BTreeSet<Kind> {
        self.state.lock().entries.iter().map(|entry| entry.kind).collect()
    }

    /// Every change so far, in the order in which they were made: versions of all kinds are of one sequence.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut entries = self.state.lock().entries.clone();
        entries
            .sort_by_key(|entry| text(&entry.object["metadata"]["resourceVersion"]).parse::<u64>().unwrap());
        entries
    }
}

/// The records by namespace; what belongs to no test is dropped.
#[derive(Default)]
pub(crate) struct Logs(Mutex<BTreeMap<String, Arc<Log>>>);

impl Logs {
    pub(crate) fn open(&self, namespace: &str) -> Arc<Log> {
        Arc::clone(self.0.lock().entry(namespace.to_owned()).or_default())
    }

    pub(crate) fn close(&self, namespace: &str) {
        self.0.lock().remove(namespace);
    }

    pub(crate) fn of(&self, namespace: &str) -> Option<Arc<Log>> {
        self.0.lock().get(namespace).cloned()
    }
}
