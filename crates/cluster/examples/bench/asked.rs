//! When each metric was asked for, how late that was, and whether one was forgotten.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What was asked during some time.
pub(crate) struct Asked {
    /// When, by metric: the last time before it began, and every time since.
    pub(crate) times: BTreeMap<String, Vec<Instant>>,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
}

impl Asked {
    /// How often each metric was asked for in this time.
    fn counts(&self) -> impl Iterator<Item = usize> {
        self.times.values().map(|times| times.iter().filter(|time| **time > self.began).count())
    }

    pub(crate) fn measurements(&self) -> usize {
        self.counts().sum()
    }

    /// How many metrics were asked for at all.
    pub(crate) fn metrics(&self) -> usize {
        self.counts().filter(|count| *count > 0).count()
    }

    /// How often that one was asked for which was asked for least.
    pub(crate) fn least(&self) -> Option<usize> {
        self.counts().min()
    }

    /// By how many milliseconds each measurement came later than one `interval` after the one before; sorted. One that did
    /// not come, though its time was over in the end, is as late as that is ago: a metric that is forgotten has no other.
    ///
    /// Kubernetes keeps times in whole seconds, so a measurement may come up to one second early, which is not late.
    pub(crate) fn late(&self, interval: Duration) -> Vec<f64> {
        let milliseconds = |gap: Duration| gap.saturating_sub(interval).as_secs_f64() * 1000.0;
        let mut late: Vec<f64> = Vec::new();
        for times in self.times.values() {
            let gaps =
                times.iter().zip(times.iter().skip(1)).map(|(before, after)| after.duration_since(*before));
            late.extend(gaps.map(milliseconds));
            let since = times.last().map(|last| milliseconds(self.ended.duration_since(*last)));
            late.extend(since.filter(|late| *late > 0.0));
        }
        late.sort_by(f64::total_cmp);
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metrics that were asked for at these seconds, of a minute that began at second 10.
    fn asked(metrics: &[&[u64]]) -> Asked {
        let start = Instant::now();
        let at = |second: u64| start + Duration::from_secs(second);
        let times = |seconds: &&[u64]| seconds.iter().map(|second| at(*second)).collect();
        let named = metrics.iter().enumerate().map(|(number, seconds)| (number.to_string(), times(seconds)));
        Asked { times: named.collect(), began: at(10), ended: at(70) }
    }

    fn late(metrics: &[&[u64]]) -> Vec<f64> {
        asked(metrics).late(Duration::from_secs(10))
    }

    #[test]
    fn a_measurement_is_late_from_one_interval_after_the_one_before() {
        assert_eq!(late(&[&[5, 15, 26, 35, 45, 57, 66]]), [0.0, 0.0, 0.0, 0.0, 1000.0, 2000.0]);
    }

    #[test]
    fn a_metric_that_is_never_asked_for_again_is_late_until_the_end() {
        assert_eq!(late(&[&[5, 15, 25]]), [0.0, 0.0, 35_000.0]);
        assert_eq!(late(&[&[5]]), [55_000.0]);
        assert_eq!(late(&[&[60]]), [0.0; 0], "its time is not over");
    }

    #[test]
    fn a_metric_that_is_not_asked_for_is_counted_as_one() {
        let asked = asked(&[&[5, 15, 25], &[9, 19], &[8]]);
        assert_eq!((asked.measurements(), asked.metrics(), asked.least()), (3, 2, Some(0)));
    }
}
