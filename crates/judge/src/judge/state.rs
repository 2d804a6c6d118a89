//! What a judge knows, as plain data.

use super::Unit;
use crate::config::{Config, Kind, Metric};
use crate::dispersion::Dispersion;
use crate::exact;
use crate::portfolio::Portfolio;
use crate::process::{Pool, Process, Rules};
use crate::report::Culprit;
use crate::window::Window;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// All that a judge knows after its windows: a few kilobytes for each metric and region, however long the release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// What was being judged, in a form that can be compared.
    of: String,
    pub(super) regions: Vec<String>,
    pub(super) windows: u64,
    /// Seconds of warm-up so far.
    #[serde(with = "exact::one")]
    pub(super) warmed: f64,
    /// The highest evidence so far.
    #[serde(with = "exact::one")]
    pub(super) highest: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<Failed>,
    pub(super) metrics: Vec<MetricState>,
}

/// A fail is sticky, and so is its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Failed {
    pub(super) window: u64,
    pub(super) culprit: Culprit,
    /// The logarithm of the release's odds then; none for a burn rate, or in a state of before this was kept.
    #[serde(default, with = "exact::maybe")]
    pub(super) log_e: Option<f64>,
}

impl Failed {
    /// Whether it was this metric here, or in all regions together.
    pub(super) fn by(&self, metric: &Metric, region: &str) -> bool {
        let Culprit { metric: name, region: place, .. } = &self.culprit;
        *name == metric.name && (place.is_empty() || place == region)
    }
}

/// A metric in all regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct MetricState {
    /// Dispersion learnt before the release.
    #[serde(with = "exact::one")]
    pub(super) prior: f64,
    pub(super) units: Vec<Unit>,
    /// The processes over all regions; none with a single one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) pooled: Vec<Portfolio>,
}

/// A state that is not this judge's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the saved judge judged `{found}`, this one judges `{wanted}`: begin anew with `Judge::new`")]
pub struct RestoreError {
    /// What was judged.
    pub found: String,
    /// What is to be judged.
    pub wanted: String,
}

impl State {
    pub(super) fn new(config: &Config, regions: &[&str]) -> Self {
        let regions = if regions.is_empty() { &[""] } else { regions };
        let metric = |metric: &Metric| MetricState {
            prior: 1.0,
            units: regions.iter().map(|_| Unit::new(&metric.kind)).collect(),
            pooled: Vec::new(),
        };
        Self {
            of: judged(config),
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            windows: 0,
            warmed: 0.0,
            highest: 0.0,
            failed: None,
            metrics: config.metrics.iter().map(metric).collect(),
        }
    }

    /// Whether the state is one of a judge with this configuration.
    pub(super) fn fits(&self, config: &Config) -> Result<(), RestoreError> {
        let wanted = judged(config);
        let shapes = self.metrics.len() == config.metrics.len()
            && self.metrics.iter().all(|metric| metric.units.len() == self.regions.len());
        if self.of == wanted && shapes {
            return Ok(());
        }
        Err(RestoreError { found: self.of.clone(), wanted })
    }

    /// Whether the release was failed: a judge that goes on from here has nothing else to say.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// How many windows were told.
    #[must_use]
    pub const fn windows(&self) -> u64 {
        self.windows
    }
}

/// The parts of a configuration that its sums depend on. Others (weights, deadlines) may change in mid-release.
fn judged(config: &Config) -> String {
    let mut text = format!("alpha {}", config.alpha());
    for metric in &config.metrics {
        let (fail, pass) = (metric.fail_above, metric.pass_below);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "; {} {} fail {}x+{}",
            metric.name,
            metric.kind.as_str(),
            fail.relative,
            fail.absolute
        );
        let _ = write!(text, " pass {}x", pass.relative);
        let _ = match (&metric.kind, metric.dispersion) {
            (Kind::Limit { limit, .. }, _) => write!(text, " {limit}"),
            (Kind::Latency { edges }, _) if !edges.is_empty() => write!(text, " {edges:?}"),
            (Kind::Gauge { bounds }, _) => write!(text, " {bounds:?} +{}", pass.absolute),
            (Kind::BurnRate { rates, .. }, _) => write!(text, " {}", rates.len()),
            (_, Dispersion::Robust) => write!(text, " robust +{}", pass.absolute),
            _ => Ok(()),
        };
    }
    text
}

impl MetricState {
    pub(super) fn observe(&mut self, window: &Window, regions: &[String], rules: &Rules<'_>, warming: bool) {
        // The sign of a window says nothing about a sum of regions, and neither does a gauge.
        let adds_up = rules.metric.dispersion != Dispersion::Robust
            && !matches!(rules.metric.kind, Kind::Gauge { .. } | Kind::BurnRate { .. });
        let mut pool = (regions.len() > 1 && adds_up).then(Pool::new);
        for (region, unit) in regions.iter().zip(&mut self.units) {
            let sample = window.sample(&rules.metric.name, region);
            unit.observe(sample, rules, warming, pool.as_mut());
        }
        let rows = pool.unwrap_or_default();
        if self.pooled.len() < rows.len() {
            self.pooled.resize(rows.len(), Portfolio::default());
        }
        for (portfolio, increments) in self.pooled.iter_mut().zip(&rows) {
            portfolio.observe(increments, rules.share, rules.cap);
        }
    }
}

impl Unit {
    fn new(kind: &Kind) -> Self {
        Self { process: Process::new(kind), seen: crate::seen::Seen::default() }
    }
}
