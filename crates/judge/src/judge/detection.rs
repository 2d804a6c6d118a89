//! The smallest regression that would have been found by now.

use super::state::MetricState;
use super::{Judge, Unit};
use crate::config::{Config, Kind, Metric};
use crate::counts::Counts;
use crate::dispersion::Dispersion;
use crate::nodes::NODES;
use crate::portfolio::{CASH, cap};
use crate::power::{Exposure, POWER, Tempering, Test, detectable, detectable_events};
use crate::process::Process;
use crate::report::{Culprit, Detectable, Failure, MetricReport};
use crate::verdict::Verdict;

impl Judge {
    /// The report of a metric in a region, with what it could have seen.
    pub(super) fn told(
        &self,
        metric: &Metric,
        state: &MetricState,
        region: &str,
        unit: &Unit,
    ) -> MetricReport {
        let mut report = unit.report(metric, region, state.prior, &self.config);
        report.detectable = unit.detectable(metric, state, &self.config);
        if let Some(failed) = self.state.failed.as_ref().filter(|it| it.by(metric, region)) {
            // A fail stays, also of the metric: what it shows since does not take it back.
            report.verdict = Verdict::Fail;
            report.missing = None;
            let Culprit { odds, burn, .. } = failed.culprit;
            report.failed = Some(Failure { window: failed.window, odds, burn });
        }
        report
    }
}

impl Config {
    /// The part of [`Config::false_aborts`] that is this metric's in one region: the chance that a healthy canary is
    /// failed by it alone is at most that. Nothing of what advises only, and nothing is promised of a burn rate.
    #[must_use]
    pub fn false_aborts_by(&self, metric: &Metric) -> f64 {
        let with_evidence = |it: &&Metric| it.judged() && !matches!(it.kind, Kind::BurnRate { .. });
        let weights: f64 = self.metrics.iter().filter(with_evidence).map(|it| it.weight).sum();
        if with_evidence(&metric) { self.alpha() * metric.weight / weights } else { 0.0 }
    }
}

impl MetricState {
    /// The chance of error that is left for one region of the metric, when it alone must fail the release: the others
    /// have said nothing yet, and an average of evidence is divided among all that it is of (judge 2.9). An advising
    /// metric fails nothing and has the release's.
    pub(super) fn alpha(&self, metric: &Metric, config: &Config) -> f64 {
        if !metric.judged() {
            return config.alpha();
        }
        let halves = if self.pooled.is_empty() { 1.0 } else { 2.0 };
        config.false_aborts_by(metric) / (halves * self.units.len() as f64)
    }
}

impl Unit {
    /// For each edge of a latency, or the one rate of a proportion. None where the power formula does not hold: it is
    /// about counts of canary and stable, not about signs of windows (`robust`), means, or the canary alone.
    fn detectable(&self, metric: &Metric, state: &MetricState, config: &Config) -> Vec<Detectable> {
        if self.seen.windows == 0 || metric.dispersion == Dispersion::Robust {
            return Vec::new();
        }
        let alpha = state.alpha(metric, config);
        let highest = self.highest(config);
        let told = |edge: Option<f64>, counts: &Counts, phi: f64, alpha: f64| {
            let tempering = Tempering::of(metric.dispersion, phi);
            let test = Test { alpha, margin: metric.fail_above, tempering };
            let stable = counts.stable_rate()?;
            let steps = [self.seen.compared()?];
            let find = if metric.kind.is_proportion() { detectable } else { detectable_events };
            let rate = if highest < -alpha.ln() { None } else { find(stable, &steps, POWER, &test) };
            let ratio = rate.filter(|_| stable > 0.0).map(|rate| rate / stable);
            Some(Detectable { edge, rate, ratio, power: POWER })
        };
        match &self.process {
            Process::Comparison(it) => {
                told(None, &self.seen.totals(), it.estimate.mean(state.prior), alpha).into_iter().collect()
            }
            Process::Latency(it) => {
                let edges = it.slower(state.prior);
                // Evidence of a latency is the mean of its edges'.
                let alpha = alpha / edges.len() as f64;
                let each = edges.iter();
                each.filter_map(|(edge, counts, phi)| told(Some(*edge), counts, *phi, alpha)).collect()
            }
            Process::Gauge(_) | Process::Limit(_) | Process::BurnRate(_) => Vec::new(),
        }
    }

    /// The logarithm of the evidence that so many windows can give for sure: one moves an alternative by no more than
    /// the cap, and the others may not follow.
    pub(super) fn highest(&self, config: &Config) -> f64 {
        let one = (1.0 - CASH) / NODES as f64;
        f64::from(self.seen.windows) * cap(config.alpha()) + one.ln()
    }
}

impl crate::seen::Seen {
    /// All usable windows as one step: the ratio of stable's exposure to the canary's is the one that knows as much
    /// about a small difference as they did, each with its own. The ratio of the sums would promise more than a
    /// release has seen whose weight changed.
    pub(super) fn compared(&self) -> Option<Exposure> {
        let Counts { canary_exposure: canary, stable_exposure: stable, .. } = self.totals();
        let pooled = stable / canary;
        let worth = self.worth();
        let own = worth / (canary - worth);
        let sound = worth > 0.0 && worth < canary;
        let stable_per_canary = if sound { own.min(pooled) } else { pooled };
        (canary > 0.0 && stable > 0.0).then_some(Exposure { canary, stable_per_canary })
    }
}
