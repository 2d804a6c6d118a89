//! What is asked of a judge: the YAML of a team, checked.

mod check;
mod error;
mod fields;
mod node;
mod raw;
mod read;
mod scalar;
mod warning;

pub use error::{Error, Field, Mistakes};
pub use warning::Warning;

use crate::dispersion::Dispersion;
use crate::margin::Margin;
use crate::process::Model;
use std::time::Duration;

/// A document with a judge in it: `judge: {...}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The judge.
    pub judge: Config,
}

/// A checked configuration (judge 4). Deserializing refuses unknown fields and values that make no sound test.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The chance that a canary no worse than the fail margin is ever failed, per release attempt, in whichever region.
    /// 1 %.
    pub false_aborts: f64,
    /// beta: the chance that a canary at or beyond the pass margin is ever passed, per metric. 5 %.
    pub false_pass: f64,
    /// How many regions judge this release at the same time, each by itself; one that fails it brings all back. 1.
    pub regions: u32,
    /// How long the windows are that the caller makes. 10 s.
    pub window: Duration,
    /// How long the first windows since the weight changed are only looked at, not judged: caches are cold. 30 s.
    pub warmup: Duration,
    /// Usable windows since the weight changed before a pass. 3.
    pub min_windows: u32,
    /// Canary requests since the weight changed before a pass. 50.
    pub min_requests: f64,
    /// Windows without exposure of an arm before `no-data`. 5.
    pub no_data_after: u32,
    /// When the caller asks for an ending. `None`: when it is usual of the caller, which may be never.
    pub max_wait: Option<Duration>,
    /// What becomes of a release that is still undecided then.
    pub on_inconclusive: OnInconclusive,
    /// What is judged.
    pub metrics: Vec<Metric>,
}

/// What becomes of a release that is undecided at its deadline (judge 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnInconclusive {
    /// A person decides.
    #[default]
    Pause,
    /// It is brought back.
    Fail,
    /// It passes if a regression to `mustDetect` would have been caught, and is excluded by the interval.
    PassIfSafe,
}

/// One metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name, unique.
    pub name: String,
    /// What it counts.
    pub kind: Kind,
    /// Where the canary's numbers come from; the judge does not read it.
    pub canary: Option<Source>,
    /// Where stable's numbers come from.
    pub stable: Option<Source>,
    /// The label that tells strata apart (route, tenant), for whoever reads them: canary and stable are compared within
    /// each, because their mixes may differ (judge 2.7).
    pub strata: Option<String>,
    /// Worse than this fails. r = 1, d = 0.01 points.
    pub fail_above: Margin,
    /// Not worse than this passes. r = 1.5, d = 0.1 points.
    pub pass_below: Margin,
    /// How bad events may depend on each other.
    pub dispersion: Dispersion,
    /// Since when pass evidence counts.
    pub evidence: Evidence,
    /// Its share in the decision to fail, relative to the others. 0 advises only: it neither fails nor holds.
    pub weight: f64,
    /// The canary's rate that must not go unnoticed; for `pass-if-safe` and for plans.
    pub must_detect: Option<f64>,
}

/// What a metric counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Bad ones out of all.
    Proportion,
    /// Events per exposure.
    Rate,
    /// A histogram, judged at these edges, or at those nearest above stable's median, p90 and p99 of the warm-up.
    Latency {
        /// Upper ends of buckets, at most 4.
        edges: Vec<f64>,
    },
    /// A mean of something bounded.
    Gauge {
        /// Least and greatest value, or 0 to twice stable's maximum over the warm-up.
        bounds: Option<[f64; 2]>,
    },
    /// The canary alone against a number.
    Limit {
        /// The number.
        limit: f64,
        /// What is counted.
        model: Model,
    },
    /// The canary alone against an error budget, by windows.
    BurnRate {
        /// The objective, 0.999 for three nines.
        objective: f64,
        /// Any of these fails.
        rates: Vec<BurnRate>,
        /// Requests in a window before it can be breached.
        least: f64,
    },
}

/// So many times the budget, over a long and a short window both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnRate {
    /// Times the budget.
    pub factor: f64,
    /// The long window.
    pub long: Duration,
    /// The short window.
    pub short: Duration,
}

/// Since when evidence for a pass counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Evidence {
    /// Since the release began.
    #[default]
    Release,
    /// Since the last change of the weight: where load matters.
    Step,
}

/// Queries of one arm, for whoever reads them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// Bad ones of a proportion or limit.
    pub bad: Option<String>,
    /// All of a proportion or limit; of a latency, where the histogram has no last bucket that counts all.
    pub total: Option<String>,
    /// Events of a rate.
    pub count: Option<String>,
    /// Exposure of a rate.
    pub exposure: Option<String>,
    /// The histogram of a latency.
    pub buckets: Option<String>,
    /// The value of a gauge.
    pub value: Option<String>,
}

impl Kind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Proportion => "proportion",
            Self::Rate => "rate",
            Self::Latency { .. } => "latency",
            Self::Gauge { .. } => "gauge",
            Self::Limit { .. } => "limit",
            Self::BurnRate { .. } => "burn-rate",
        }
    }

    /// Whether bad events are among the exposure.
    pub(crate) const fn is_proportion(&self) -> bool {
        match self {
            Self::Proportion | Self::Latency { .. } | Self::BurnRate { .. } => true,
            Self::Limit { model, .. } => matches!(model, Model::Bernoulli),
            Self::Rate | Self::Gauge { .. } => false,
        }
    }

    /// Whether stable is looked at, too.
    pub(crate) const fn compares(&self) -> bool {
        !matches!(self, Self::Limit { .. } | Self::BurnRate { .. })
    }
}

impl Metric {
    /// Whether the metric takes part in decisions.
    pub(crate) fn judged(&self) -> bool {
        self.weight > 0.0
    }
}

impl Config {
    /// alpha: this judge's share of [`Config::false_aborts`]. Whatever the judges of other regions see, the chance that
    /// one of all of them fails a healthy release is at most the sum of their shares.
    pub(crate) fn alpha(&self) -> f64 {
        self.false_aborts / f64::from(self.regions.max(1))
    }
}
