//! What is told to a judge at the end of a window.

use crate::counts::Counts;
use serde::{Deserialize, Serialize};

/// Everything that was read for one window. Both arms are read at the same instants, over the same range.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Window {
    /// How long it was. Weight changes, resets and scrape gaps end a window early.
    pub seconds: f64,
    /// What each metric read, in each region.
    pub readings: Vec<Reading>,
}

/// A reading of one metric in one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reading {
    /// The metric's name in the configuration.
    pub metric: String,
    /// The region's name; empty for a judge without regions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// What was read.
    pub sample: Sample,
}

/// What was read for one metric in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sample {
    /// Proportion and rate; limit and burn rate, which read the canary's part only.
    Counts(Counts),
    /// Proportion and rate by route or tenant, when the arms may serve different mixes (judge 2.7). The strata keep
    /// their order from window to window.
    Strata(Vec<Counts>),
    /// Latency.
    Buckets(Buckets),
    /// Gauge: the means over the window.
    Means {
        /// y1.
        canary: f64,
        /// y0.
        stable: f64,
    },
    /// Nothing that may be judged, and why: a scrape gap, a pod that restarted at an unknown time.
    Dropped(String),
}

/// A histogram of both arms.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Buckets {
    /// Upper ends of all buckets but the last, which has none; ascending.
    pub bounds: Vec<f64>,
    /// The canary's requests in each bucket of this window, not cumulative: one more than bounds.
    pub canary: Vec<f64>,
    /// Stable's requests in each bucket.
    pub stable: Vec<f64>,
}

impl Buckets {
    /// Requests of canary and stable.
    pub(crate) fn totals(&self) -> (f64, f64) {
        (self.canary.iter().sum(), self.stable.iter().sum())
    }
}

impl Window {
    /// A window of so many seconds, without readings yet.
    #[must_use]
    pub const fn of(seconds: f64) -> Self {
        Self { seconds, readings: Vec::new() }
    }

    /// Adds what a metric read.
    #[must_use]
    pub fn with(self, metric: &str, sample: Sample) -> Self {
        self.with_region(metric, "", sample)
    }

    /// Adds what a metric read in a region.
    #[must_use]
    pub fn with_region(mut self, metric: &str, region: &str, sample: Sample) -> Self {
        self.readings.push(Reading { metric: metric.to_owned(), region: region.to_owned(), sample });
        self
    }

    pub(crate) fn sample(&self, metric: &str, region: &str) -> Option<&Sample> {
        let of = |reading: &&Reading| reading.metric == metric && reading.region == region;
        self.readings.iter().find(of).map(|reading| &reading.sample)
    }
}

impl Sample {
    /// Exposure and bad events of both arms. A gauge's mean counts as one of exposure, a histogram has no bad ones.
    pub(crate) fn counts(&self) -> Counts {
        match self {
            Self::Counts(counts) => *counts,
            Self::Strata(strata) => strata.iter().fold(Counts::default(), |mut sum, counts| {
                sum.add(counts);
                sum
            }),
            Self::Buckets(buckets) => {
                let (canary, stable) = buckets.totals();
                Counts::new(canary, stable, 0.0, 0.0)
            }
            Self::Means { .. } => Counts::new(1.0, 1.0, 0.0, 0.0),
            Self::Dropped(_) => Counts::default(),
        }
    }

    /// Whether the numbers can be true; why not, if not. A proportion has no more bad events than requests.
    pub(crate) fn check(&self, proportion: bool) -> Result<(), &str> {
        let counts = |counts: &Counts| {
            if !counts.are_numbers() {
                return Err("a count is negative, infinite or no number");
            }
            let [n1, n0, x1, x0] = counts.as_array();
            if proportion && (x1 > n1 || x0 > n0) {
                return Err("more bad events than requests");
            }
            Ok(())
        };
        match self {
            Self::Counts(it) => counts(it),
            Self::Strata(strata) => strata.iter().try_for_each(counts),
            Self::Buckets(buckets) => buckets.check(),
            Self::Means { canary, stable } if canary.is_finite() && stable.is_finite() => Ok(()),
            Self::Means { .. } => Err("a mean is infinite or no number"),
            Self::Dropped(why) => Err(why),
        }
    }
}

impl Buckets {
    fn check(&self) -> Result<(), &'static str> {
        let ascending = self.bounds.iter().zip(self.bounds.iter().skip(1)).all(|(low, high)| low < high);
        let wanted = self.bounds.len() + 1;
        if !ascending || self.canary.len() != wanted || self.stable.len() != wanted {
            return Err("the buckets of both arms do not fit their boundaries");
        }
        let mut counts = self.canary.iter().chain(&self.stable);
        let numbers = counts.all(|count| Counts::new(*count, 0.0, 0.0, 0.0).are_numbers());
        if numbers { Ok(()) } else { Err("a count is negative, infinite or no number") }
    }
}
