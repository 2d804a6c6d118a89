//! The kinds of metrics: what is kept of each, and what a window adds.

mod burn_rate;
mod comparison;
mod gauge;
mod latency;
mod limit;

pub(crate) use burn_rate::BurnRates;
pub(crate) use comparison::Comparison;
pub(crate) use gauge::Gauge;
pub(crate) use latency::Latency;
pub(crate) use limit::{Limit, limit_of};

pub use gauge::{Direction, gauge_log_e};
pub use limit::{Model, Side, limit_log_e};

use crate::config::{Evidence, Kind, Metric};
use crate::nodes::NODES;
use crate::window::Sample;
use serde::{Deserialize, Serialize};

/// What all processes are told with a window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) metric: &'a Metric,
    /// How much of a portfolio is dealt anew.
    pub(crate) share: f64,
    /// The most by which the window moves an alternative.
    pub(crate) cap: f64,
    /// Length of the window.
    pub(crate) seconds: f64,
    /// Dispersion learnt before the release.
    pub(crate) prior: f64,
}

/// The log increments of a window, one row for each portfolio of the process; regions add theirs up (judge 2.9).
pub(crate) type Pool = Vec<[f64; NODES]>;

/// Adds a row to the pool.
pub(crate) fn pool(into: Option<&mut Pool>, row: usize, increments: &[f64; NODES]) {
    let Some(pool) = into else { return };
    if pool.len() <= row {
        pool.resize(row + 1, [0.0; NODES]);
    }
    for (sum, increment) in pool.iter_mut().skip(row).take(1).flatten().zip(increments) {
        *sum += increment;
    }
}

/// A metric in one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Process {
    Comparison(Box<Comparison>),
    Latency(Box<Latency>),
    Gauge(Box<Gauge>),
    Limit(Box<Limit>),
    BurnRate(BurnRates),
}

impl Process {
    pub(crate) fn new(kind: &Kind) -> Self {
        match kind {
            Kind::Proportion | Kind::Rate => Self::Comparison(Box::new(Comparison::with_intervals())),
            Kind::Latency { .. } => Self::Latency(Box::default()),
            Kind::Gauge { .. } => Self::Gauge(Box::default()),
            Kind::Limit { .. } => Self::Limit(Box::default()),
            Kind::BurnRate { rates, .. } => Self::BurnRate(BurnRates::new(rates.len())),
        }
    }

    /// Adds a usable sample. A reason when the sample turns out to be of no use.
    pub(crate) fn observe(
        &mut self,
        sample: &Sample,
        rules: &Rules<'_>,
        into: Option<&mut Pool>,
    ) -> Result<(), &'static str> {
        match (self, sample) {
            (Self::Comparison(it), Sample::Counts(counts)) => {
                it.observe(std::slice::from_ref(counts), rules, into, 0);
            }
            (Self::Comparison(it), Sample::Strata(strata)) => it.observe(strata, rules, into, 0),
            (Self::Latency(it), Sample::Buckets(buckets)) => return it.observe(buckets, rules, into),
            (Self::Gauge(it), Sample::Means { canary, stable }) => it.observe(*canary, *stable, rules),
            (Self::Limit(it), Sample::Counts(counts)) => {
                it.observe(counts.canary_exposure, counts.canary_bad, rules, into);
            }
            (Self::BurnRate(it), Sample::Counts(counts)) => {
                it.observe(counts.canary_exposure, counts.canary_bad, rules);
            }
            _ => return Err("the reading is not of the metric's kind"),
        }
        Ok(())
    }

    /// Looks at a window of the warm-up, which is no evidence.
    pub(crate) fn warm_up(&mut self, sample: &Sample) {
        match (self, sample) {
            (Self::Latency(it), Sample::Buckets(buckets)) => it.warm_up(buckets),
            (Self::Gauge(it), Sample::Means { stable, .. }) => it.warm_up(*stable),
            _ => {}
        }
    }

    /// Evidence for "worse than the fail margin".
    pub(crate) fn log_e_fail(&self, metric: &Metric) -> f64 {
        match self {
            Self::Comparison(it) => it.log_e_fail(metric),
            Self::Latency(it) => it.log_e_fail(metric),
            Self::Gauge(it) => it.log_e_fail(),
            Self::Limit(it) => it.log_e_fail(),
            Self::BurnRate(_) => f64::NEG_INFINITY,
        }
    }

    /// Evidence for "not worse than the pass margin".
    pub(crate) fn log_e_pass(&self, metric: &Metric) -> f64 {
        match self {
            Self::Comparison(it) => it.log_e_pass(metric, 1.0),
            Self::Latency(it) => it.log_e_pass(metric, 1.0),
            Self::Gauge(it) => it.log_e_pass(),
            Self::Limit(it) => it.log_e_pass(1.0),
            Self::BurnRate(it) => {
                if it.breached(metric).is_none()
                    && it.unsure(metric).is_none()
                    && it.waits_for_any(metric) <= 0.0
                {
                    f64::INFINITY
                } else {
                    f64::NEG_INFINITY
                }
            }
        }
    }

    /// The pass evidence once there is `factor` times as much of it, if it goes on as it went so far.
    pub(crate) fn pass_after(&self, metric: &Metric, factor: f64) -> f64 {
        match self {
            Self::Comparison(it) => it.log_e_pass(metric, factor),
            Self::Latency(it) => it.log_e_pass(metric, factor),
            Self::Gauge(it) => it.log_e_pass() * factor,
            Self::Limit(it) => it.log_e_pass(factor),
            Self::BurnRate(_) => self.log_e_pass(metric),
        }
    }

    /// The weight changed: pass evidence that counts per step begins anew. So do burn rates, whatever `evidence` says:
    /// hours may lie between two steps in which nothing was judged, and a sliding window has no gaps.
    pub(crate) fn begin_step(&mut self, metric: &Metric) {
        if let Self::BurnRate(it) = self {
            it.forget();
        }
        if metric.evidence == Evidence::Release {
            return;
        }
        match self {
            Self::Comparison(it) => it.forget_pass(),
            Self::Latency(it) => it.forget_pass(),
            Self::Gauge(it) => it.forget_pass(),
            Self::Limit(it) => it.forget_pass(),
            Self::BurnRate(_) => {}
        }
    }

    /// The estimate of dispersion, where there is one.
    pub(crate) fn dispersion(&self, prior: f64) -> Option<f64> {
        match self {
            Self::Comparison(it) => Some(it.estimate.mean(prior)),
            Self::Latency(it) => it.dispersion(prior),
            Self::Limit(it) => Some(it.estimate.mean(prior)),
            Self::Gauge(_) | Self::BurnRate(_) => None,
        }
    }
}
