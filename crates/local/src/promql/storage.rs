//! Time series in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use parking_lot::{RwLock, RwLockReadGuard};

use super::{Labels, exposition};

/// How long a series lives on after its last sample, when nothing says that it ended.
pub const LOOKBACK_MS: i64 = 5 * 60 * 1000;

/// The bit pattern of a NaN that says "the series ended here"; an ordinary NaN has another one.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Whether a value says that its series ended.
pub(super) fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE
}

/// Samples of one series, oldest first.
pub(super) type Samples = VecDeque<(i64, f64)>;

/// Time series, shared by the scraper that writes and the queries that read.
///
/// Samples older than the retention are dropped as new ones arrive, and so are series of which nothing is left.
#[derive(Debug)]
pub struct Storage {
    retention_ms: i64,
    data: RwLock<Data>,
}

/// All series, and which of them each target showed at its last scrape.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) series: BTreeMap<Labels, Samples>,
    targets: BTreeMap<Labels, BTreeSet<Labels>>,
    swept_at: i64,
}

impl Storage {
    /// An empty store that remembers for `retention`.
    pub fn new(retention: Duration) -> Self {
        let retention_ms = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX / 2);
        Self { retention_ms, data: RwLock::default() }
    }

    /// Adds one sample at `at` (milliseconds since the epoch). A sample that is not newer than the last one of its
    /// series is dropped; the answer says whether it was kept.
    pub fn append(&self, labels: Labels, at: i64, value: f64) -> bool {
        let mut data = self.data.write();
        data.sweep(at, self.retention_ms);
        data.append(labels, at, value, self.retention_ms)
    }

    /// Ends one series at `at`: queries later than that do not see it, without waiting for the lookback.
    pub fn mark_stale(&self, labels: Labels, at: i64) -> bool {
        self.append(labels, at, f64::from_bits(STALE))
    }

    /// Stores what a scrape of `target` found at `at`, with the target's labels added to every sample. Series that
    /// the target showed before and shows no longer end here.
    pub fn scraped(&self, target: &Labels, samples: &[exposition::Sample], at: i64) {
        let mut data = self.data.write();
        data.sweep(at, self.retention_ms);
        let mut shown = BTreeSet::new();
        for sample in samples {
            let labels =
                target.iter().fold(sample.labels.clone(), |all, (name, value)| all.with(name, value));
            data.append(labels.clone(), sample.at.unwrap_or(at), sample.value, self.retention_ms);
            shown.insert(labels);
        }
        let before = data.targets.insert(target.clone(), shown.clone()).unwrap_or_default();
        for gone in before.difference(&shown) {
            data.append(gone.clone(), at, f64::from_bits(STALE), self.retention_ms);
        }
    }

    /// Ends all series of a target that failed its scrape or disappeared.
    pub fn target_gone(&self, target: &Labels, at: i64) {
        let mut data = self.data.write();
        for labels in data.targets.remove(target).unwrap_or_default() {
            data.append(labels, at, f64::from_bits(STALE), self.retention_ms);
        }
    }

    /// Number of series held.
    pub fn len(&self) -> usize {
        self.data.read().series.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Data> {
        self.data.read()
    }
}

impl Data {
    fn append(&mut self, labels: Labels, at: i64, value: f64, retention_ms: i64) -> bool {
        let samples = self.series.entry(labels).or_default();
        if samples.back().is_some_and(|(last, _)| *last >= at) {
            return false;
        }
        samples.push_back((at, value));
        forget(samples, at - retention_ms);
        true
    }

    /// Drops what is too old in series that get no samples any more; once a tenth of the retention is often enough.
    fn sweep(&mut self, now: i64, retention_ms: i64) {
        if now.saturating_sub(self.swept_at) < retention_ms / 10 {
            return;
        }
        self.swept_at = now;
        self.series.retain(|_, samples| {
            forget(samples, now - retention_ms);
            !samples.is_empty()
        });
    }
}

fn forget(samples: &mut Samples, before: i64) {
    while samples.front().is_some_and(|(at, _)| *at < before) {
        samples.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(code: &str) -> Labels {
        Labels::named("requests_total", [("code", code)])
    }

    #[test]
    fn samples_older_than_the_retention_are_forgotten_even_of_series_that_ended() {
        let storage = Storage::new(Duration::from_mins(1));
        storage.append(requests("500"), 0, 1.0);
        storage.append(requests("200"), 0, 1.0);
        storage.append(requests("200"), 30_000, 2.0);
        storage.append(requests("200"), 90_000, 3.0);
        let held: Vec<_> = storage.read().series.clone().into_iter().collect();
        assert_eq!(held, [(requests("200"), Samples::from([(30_000, 2.0), (90_000, 3.0)]))]);
    }

    #[test]
    fn a_sample_that_is_not_newer_is_dropped() {
        let storage = Storage::new(Duration::from_mins(1));
        assert!(storage.append(requests("200"), 1_000, 1.0));
        assert!(!storage.append(requests("200"), 1_000, 2.0));
        assert!(!storage.append(requests("200"), 500, 2.0));
    }
}
