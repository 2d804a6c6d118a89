//! The work queue: deduplicated, delayed, serial per key.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// First delay after an error; it doubles with every further one.
const BACKOFF_BASE: Duration = Duration::from_millis(1);
/// Longest delay after an error (spec rollout-reconcile 7).
const BACKOFF_CAP: Duration = Duration::from_secs(10);

/// Keys that are to be worked on, each at most once at a time.
///
/// A key that is added while it is worked on is worked on once more afterwards. A key that is added twice is worked
/// on at the earlier of the two times. The queue is bounded by the number of distinct keys.
#[derive(Debug, Default)]
pub(crate) struct Queue<K: Ord> {
    state: Mutex<State<K>>,
    changed: Notify,
}

#[derive(Debug)]
struct State<K: Ord> {
    /// Waiting keys in the order in which they fall due; the number keeps equal times apart, first come first served.
    due: BTreeMap<(Instant, u64), K>,
    waiting: BTreeMap<K, (Instant, u64)>,
    running: BTreeSet<K>,
    /// Keys that were added while they were worked on, and when they are to run again.
    again: BTreeMap<K, Instant>,
    failures: BTreeMap<K, u32>,
    sequence: u64,
}

impl<K: Ord> Default for State<K> {
    fn default() -> Self {
        Self {
            due: BTreeMap::new(),
            waiting: BTreeMap::new(),
            running: BTreeSet::new(),
            again: BTreeMap::new(),
            failures: BTreeMap::new(),
            sequence: 0,
        }
    }
}

impl<K: Ord + Clone> State<K> {
    fn add(&mut self, key: K, at: Instant) {
        if self.running.contains(&key) {
            let again = self.again.entry(key).or_insert(at);
            *again = at.min(*again);
            return;
        }
        if let Some(slot) = self.waiting.get(&key).copied() {
            if slot.0 <= at {
                return;
            }
            self.due.remove(&slot);
        }
        self.sequence += 1;
        let slot = (at, self.sequence);
        self.due.insert(slot, key.clone());
        self.waiting.insert(key, slot);
    }

    /// Takes the first key if it is due, else says when it will be.
    fn take(&mut self, now: Instant) -> Result<K, Option<Instant>> {
        let Some(entry) = self.due.first_entry() else { return Err(None) };
        let (at, _) = *entry.key();
        if at > now {
            return Err(Some(at));
        }
        let key = entry.remove();
        self.waiting.remove(&key);
        self.running.insert(key.clone());
        Ok(key)
    }
}

impl<K: Ord + Clone> Queue<K> {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State::default()), changed: Notify::new() }
    }

    /// Asks for `key` to be worked on now.
    pub(crate) fn add(&self, key: K) {
        self.add_after(key, Duration::ZERO);
    }

    /// Asks for `key` to be worked on after `delay`, or earlier if somebody asks for that.
    pub(crate) fn add_after(&self, key: K, delay: Duration) {
        self.state.lock().add(key, Instant::now() + delay);
        self.changed.notify_one();
    }

    /// Waits for the next key. The caller must call [`Queue::done`] for it.
    pub(crate) async fn next(&self) -> K {
        loop {
            let changed = self.changed.notified();
            let taken = self.state.lock().take(Instant::now());
            match taken {
                Ok(key) => {
                    // Another worker may sleep until a later key although the next one is due already.
                    self.changed.notify_one();
                    return key;
                }
                Err(None) => changed.await,
                Err(Some(at)) => tokio::select! { () = changed => {}, () = sleep_until(at) => {} },
            }
        }
    }

    /// Ends the work on `key`, successfully or not, and says when it failed how long it will be left alone.
    pub(crate) fn done(&self, key: &K, outcome: Outcome) -> Option<Duration> {
        let mut state = self.state.lock();
        state.running.remove(key);
        let delay = match outcome {
            Outcome::Done => {
                state.failures.remove(key);
                None
            }
            Outcome::After(delay) => {
                state.failures.remove(key);
                Some(delay)
            }
            Outcome::Failed => {
                let failures = state.failures.entry(key.clone()).or_insert(0);
                let delay = BACKOFF_BASE.saturating_mul(1 << (*failures).min(20)).min(BACKOFF_CAP);
                *failures = failures.saturating_add(1);
                Some(delay)
            }
        };
        let now = Instant::now();
        let again = state.again.remove(key);
        let retry = delay.map(|delay| now + delay);
        // An event during the work does not cut a back-off short: it may be the event of our own failing write.
        let at = match (again, retry, outcome) {
            (_, Some(retry), Outcome::Failed) => Some(retry),
            (Some(again), Some(retry), _) => Some(again.min(retry)),
            (again, retry, _) => again.or(retry),
        };
        if let Some(at) = at {
            state.add(key.clone(), at);
            drop(state);
            self.changed.notify_one();
        }
        delay
    }
}

/// How the work on a key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing more to do until something changes.
    Done,
    /// Look again after this time.
    After(Duration),
    /// Try again, later each time.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_key_added_twice_is_worked_on_once_at_the_earlier_time() {
        let queue = Queue::new();
        queue.add_after("a", Duration::from_secs(9));
        queue.add_after("a", Duration::from_secs(3));
        let began = Instant::now();
        assert_eq!(queue.next().await, "a");
        assert_eq!(began.elapsed().as_secs(), 3);
        queue.done(&"a", Outcome::Done);
        let waiting = tokio::time::timeout(Duration::from_secs(60), queue.next()).await;
        assert!(waiting.is_err(), "it was added once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_never_worked_on_twice_at_the_same_time() {
        let queue = Queue::new();
        queue.add("a");
        assert_eq!(queue.next().await, "a");
        queue.add("a");
        queue.add("b");
        assert_eq!(queue.next().await, "b");
        let waiting = tokio::time::timeout(Duration::from_secs(60), queue.next()).await;
        assert!(waiting.is_err(), "a is still being worked on");
        queue.done(&"a", Outcome::Done);
        assert_eq!(queue.next().await, "a");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_back_off_up_to_ten_seconds_and_success_forgets_them() {
        let queue = Queue::new();
        queue.add("a");
        let mut delays = vec![];
        for _ in 0..16 {
            let key = queue.next().await;
            delays.push(queue.done(&key, Outcome::Failed).unwrap());
        }
        assert_eq!(delays[..3], [1, 2, 4].map(Duration::from_millis));
        assert_eq!(delays[15], BACKOFF_CAP);
        let key = queue.next().await;
        assert_eq!(queue.done(&key, Outcome::Done), None);
        queue.add("a");
        let key = queue.next().await;
        assert_eq!(queue.done(&key, Outcome::Failed), Some(BACKOFF_BASE));
    }
}
