//! The work queue: deduplicated, delayed, serial per key.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::metrics::QueueCounts;
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
#[derive(Debug)]
pub(crate) struct Queue<K: Ord> {
    state: Mutex<State<K>>,
    changed: Notify,
    counts: QueueCounts,
}

/// How a queue is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Keys that are due and not worked on.
    pub(crate) depth: usize,
    /// How long all keys together have been worked on that are worked on now.
    pub(crate) unfinished: Duration,
    /// How long the key has been worked on that has been worked on for longest.
    pub(crate) longest: Duration,
}

#[derive(Debug)]
struct State<K: Ord> {
    /// Waiting keys in the order in which they fall due; the number keeps equal times apart, first come first served.
    due: BTreeMap<(Instant, u64), K>,
    waiting: BTreeMap<K, (Instant, u64)>,
    /// Keys that are worked on, and since when.
    running: BTreeMap<K, Instant>,
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
            running: BTreeMap::new(),
            again: BTreeMap::new(),
            failures: BTreeMap::new(),
            sequence: 0,
        }
    }
}

impl<K: Ord + Clone> State<K> {
    /// Adds a key; says whether it was not there yet.
    fn add(&mut self, key: K, at: Instant) -> bool {
        if self.running.contains_key(&key) {
            let is_new = !self.again.contains_key(&key);
            let again = self.again.entry(key).or_insert(at);
            *again = at.min(*again);
            return is_new;
        }
        let known = self.waiting.get(&key).copied();
        if let Some(slot) = known {
            if slot.0 <= at {
                return false;
            }
            self.due.remove(&slot);
        }
        self.sequence += 1;
        let slot = (at, self.sequence);
        self.due.insert(slot, key.clone());
        self.waiting.insert(key, slot);
        known.is_none()
    }

    /// Takes the first key if it is due, and says since when; else says when it will be.
    fn take(&mut self, now: Instant) -> Result<(K, Instant), Option<Instant>> {
        let Some(entry) = self.due.first_entry() else { return Err(None) };
        let (at, _) = *entry.key();
        if at > now {
            return Err(Some(at));
        }
        let key = entry.remove();
        self.waiting.remove(&key);
        self.running.insert(key.clone(), now);
        Ok((key, at))
    }
}

impl<K: Ord + Clone> Queue<K> {
    /// An empty queue that counts what it does.
    pub(crate) fn new(counts: QueueCounts) -> Self {
        Self { state: Mutex::new(State::default()), changed: Notify::new(), counts }
    }

    /// How it is loaded now.
    pub(crate) fn load(&self) -> Load {
        let (state, now) = (self.state.lock(), Instant::now());
        let ages = || state.running.values().map(|since| now.duration_since(*since));
        Load {
            depth: state.due.range(..=(now, u64::MAX)).count(),
            unfinished: ages().sum(),
            longest: ages().max().unwrap_or_default(),
        }
    }

    /// Asks for `key` to be worked on now.
    pub(crate) fn add(&self, key: K) {
        self.add_after(key, Duration::ZERO);
    }

    /// Asks for `key` to be worked on after `delay`, or earlier if somebody asks for that.
    pub(crate) fn add_after(&self, key: K, delay: Duration) {
        if self.state.lock().add(key, Instant::now() + delay) {
            self.counts.adds.inc();
        }
        self.changed.notify_one();
    }

    /// Waits for the next key. The caller must call [`Queue::done`] for it.
    pub(crate) async fn next(&self) -> K {
        loop {
            let changed = self.changed.notified();
            let now = Instant::now();
            let taken = self.state.lock().take(now);
            match taken {
                Ok((key, since)) => {
                    self.counts.waited.observe(now.duration_since(since).as_secs_f64());
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
        if let Some(since) = state.running.remove(key) {
            self.counts.worked.observe(since.elapsed().as_secs_f64());
        }
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
                self.counts.retries.inc();
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
            if state.add(key.clone(), at) && again.is_none() {
                self.counts.adds.inc();
            }
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

    fn queue() -> Queue<&'static str> {
        Queue::new(QueueCounts::of_a_test())
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_added_twice_is_worked_on_once_at_the_earlier_time() {
        let queue = queue();
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
        let queue = queue();
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
        let queue = queue();
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

    #[tokio::test(start_paused = true)]
    async fn the_load_tells_what_is_due_and_what_is_worked_on_for_how_long() {
        let queue = queue();
        queue.add("a");
        queue.add("a");
        queue.add("b");
        queue.add_after("c", Duration::from_secs(60));
        assert_eq!(queue.load(), Load { depth: 2, ..Load::default() });
        tokio::time::advance(Duration::from_secs(3)).await;
        queue.next().await;
        tokio::time::advance(Duration::from_secs(4)).await;
        queue.next().await;
        tokio::time::advance(Duration::from_secs(1)).await;
        let (unfinished, longest) = (Duration::from_secs(6), Duration::from_secs(5));
        assert_eq!(queue.load(), Load { depth: 0, unfinished, longest });
        queue.done(&"a", Outcome::Failed);
        queue.done(&"b", Outcome::Done);
        let QueueCounts { adds, retries, waited, worked } = &queue.counts;
        assert_eq!((adds.get(), retries.get()), (4, 1));
        assert_eq!((waited.get_sample_count(), waited.get_sample_sum()), (2, 10.0));
        assert_eq!((worked.get_sample_count(), worked.get_sample_sum()), (2, 6.0));
    }
}
