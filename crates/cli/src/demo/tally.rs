//! What the clients of one region saw during one release.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::time::Instant;

/// Counts what clients see; shared with every request that is under way.
#[derive(Debug)]
pub(crate) struct Tally {
    began: Instant,
    counts: Mutex<Counts>,
}

/// What was counted so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    answers: BTreeMap<Answer, u64>,
    versions: BTreeMap<String, Version>,
}

/// One kind of answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Answer {
    /// What `x-version` said; empty when no pod answered.
    pub(crate) version: String,
    /// HTTP status; 0 when there was none.
    pub(crate) status: u16,
}

impl Answer {
    /// A client that sent what it should and got this was failed.
    pub(crate) fn failed(&self) -> bool {
        !(200..400).contains(&self.status)
    }
}

#[derive(Clone, Debug, Default)]
struct Version {
    /// Since the release began.
    first_failure: Option<Duration>,
    last: Duration,
    /// How many answers took about so many microseconds, from when the request was due.
    latencies: BTreeMap<u64, u64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), counts: Mutex::default() }
    }

    /// Counts an answer to a request that was due at `due`.
    pub(crate) fn record(&self, answer: Answer, due: Instant) {
        let now = self.began.elapsed();
        let latency = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut counts = self.counts.lock();
        let version = counts.versions.entry(answer.version.clone()).or_default();
        version.last = now;
        *version.latencies.entry(about(latency)).or_default() += 1;
        if answer.failed() {
            version.first_failure.get_or_insert(now);
        }
        *counts.answers.entry(answer).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.lock().clone()
    }

    /// Answers of a version so far, and how many of them failed.
    pub(crate) fn of(&self, version: &str) -> (u64, u64) {
        self.counts.lock().of(version)
    }

    /// Time since the last answer of a version; `None` when there never was one.
    pub(crate) fn quiet(&self, version: &str) -> Option<Duration> {
        let last = self.counts.lock().versions.get(version)?.last;
        Some(self.began.elapsed().saturating_sub(last))
    }
}

impl Counts {
    /// Answers of a version, and how many of them failed.
    pub(crate) fn of(&self, version: &str) -> (u64, u64) {
        let theirs = self.answers.iter().filter(|(answer, _)| answer.version == version);
        theirs.fold((0, 0), |(all, failed), (answer, count)| {
            (all + count, failed + if answer.failed() { *count } else { 0 })
        })
    }

    /// Every answer that failed a client.
    pub(crate) fn failed(&self) -> u64 {
        self.answers.iter().filter(|(answer, _)| answer.failed()).map(|(_, count)| count).sum()
    }

    /// By version and status.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&Answer, u64)> {
        self.answers.iter().map(|(answer, count)| (answer, *count))
    }

    /// When a version first failed a client, since the release began.
    pub(crate) fn first_failure(&self, version: &str) -> Option<Duration> {
        self.versions.get(version)?.first_failure
    }

    /// When a version answered last, since the release began.
    pub(crate) fn last(&self, version: &str) -> Option<Duration> {
        Some(self.versions.get(version)?.last)
    }

    /// The latency that a share of a version's answers did not exceed, in milliseconds.
    pub(crate) fn quantile(&self, version: &str, share: f64) -> Option<f64> {
        let latencies = &self.versions.get(version)?.latencies;
        let all: u64 = latencies.values().sum();
        let rank = (share * all as f64).ceil() as u64;
        let mut below = 0;
        let reached = latencies.iter().find(|(_, count)| {
            below += **count;
            below >= rank
        });
        reached.map(|(micros, _)| *micros as f64 / 1000.0)
    }
}

/// The number with its seven leading bits: within 1 %, and few enough that a day of answers takes no memory.
fn about(micros: u64) -> u64 {
    let shift = (u64::BITS - micros.leading_zeros()).saturating_sub(7);
    micros >> shift << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(version: &str, status: u16) -> Answer {
        Answer { version: version.to_owned(), status }
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_counted_by_version_with_the_first_failure_and_the_last_answer() {
        let tally = Tally::new();
        let due = Instant::now();
        for (after, version, status) in
            [(1, "2", 200), (1, "1", 200), (2, "2", 500), (3, "2", 500), (4, "2", 200), (9, "1", 404)]
        {
            tokio::time::sleep_until(due + Duration::from_secs(after)).await;
            tally.record(answer(version, status), due);
        }
        let counts = tally.counts();
        assert_eq!((counts.of("2"), counts.of("1"), counts.of("3")), ((4, 2), (2, 1), (0, 0)));
        assert_eq!((counts.rows().map(|(_, count)| count).sum::<u64>(), counts.failed()), (6, 3));
        assert_eq!(counts.first_failure("2"), Some(Duration::from_secs(2)));
        assert_eq!(counts.last("2"), Some(Duration::from_secs(4)));
        assert_eq!(tally.quiet("2"), Some(Duration::from_secs(5)));
        let near = |share, millis: f64| {
            let quantile = counts.quantile("2", share).unwrap();
            assert!((quantile - millis).abs() / millis < 0.01, "{quantile}");
        };
        near(0.5, 2000.0);
        near(1.0, 4000.0);
        assert_eq!(counts.quantile("3", 0.5), None);
    }
}
