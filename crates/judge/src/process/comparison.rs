//! Proportions and rates: canary against stable in the same windows.

use super::{Pool, Rules, pool};
use crate::config::Metric;
use crate::counts::Counts;
use crate::dispersion::{Dispersion, PhiEstimate, pair_chi_square};
use crate::interval::{Differences, Ratios};
use crate::margin::Margin;
use crate::mixture::Mixture;
use crate::nodes::{FAIL, PASS, Terms};
use crate::portfolio::Portfolio;
use crate::sign::{Sign, binomial_median, increments};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Everything that is kept of a comparison.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comparison {
    fail: Portfolio,
    pass: Mixture,
    pub(crate) estimate: PhiEstimate,
    /// The strata of the usable window before, for the estimate.
    #[serde(with = "strata")]
    last: Vec<Counts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signs: Option<Signs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intervals: Option<Intervals>,
}

/// The sign processes of the robust mode.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Signs {
    worse: Portfolio,
    not_worse: Sign,
}

/// What is told besides the verdict.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Intervals {
    pub(crate) differences: Differences,
    pub(crate) ratios: Ratios,
}

impl Comparison {
    pub(crate) fn with_intervals() -> Self {
        Self { intervals: Some(Intervals::default()), ..Self::default() }
    }

    /// Adds a window of one or more strata; `row` is this comparison's among those of the metric.
    pub(crate) fn observe(
        &mut self,
        strata: &[Counts],
        rules: &Rules<'_>,
        into: Option<&mut Pool>,
        row: usize,
    ) {
        let metric = rules.metric;
        let phi = self.phi(metric.dispersion, rules.prior);
        let fail = Terms::of(&FAIL, metric.fail_above.relative, strata);
        let pass = Terms::of(&PASS, metric.pass_below.relative, strata);
        let increments = fail.increments(metric.fail_above.absolute, phi);
        self.fail.observe(&increments, rules.share, rules.cap);
        self.pass.observe(&pass, phi);
        pool(into, row, &increments);
        if let Some(intervals) = &mut self.intervals {
            let plain = |relative: f64, terms: Terms, nodes| {
                if relative <= 1.0 { terms } else { Terms::of(nodes, 1.0, strata) }
            };
            let larger = plain(metric.fail_above.relative, fail, &FAIL);
            let smaller = plain(metric.pass_below.relative, pass, &PASS);
            intervals.differences.observe(&larger, &smaller, phi);
            for counts in strata {
                intervals.ratios.observe(counts, phi);
            }
        }
        if metric.dispersion == Dispersion::Robust {
            self.signs.get_or_insert_default().observe(strata, metric, phi, rules.share);
        }
        self.learn(strata);
    }

    /// The factor by which the next window is tempered; it is known before the window.
    pub(crate) fn phi(&self, mode: Dispersion, prior: f64) -> f64 {
        match mode {
            Dispersion::Independent => 1.0,
            Dispersion::Bursts(size) => size,
            Dispersion::Auto | Dispersion::Robust => self.estimate.phi(prior),
        }
    }

    fn learn(&mut self, strata: &[Counts]) {
        if self.last.len() == strata.len() {
            let pairs = self.last.iter().zip(strata);
            for (last, now) in pairs {
                self.estimate.add(pair_chi_square(last, now));
            }
        }
        self.last.clear();
        self.last.extend_from_slice(strata);
    }

    pub(crate) fn log_e_fail(&self, metric: &Metric) -> f64 {
        match metric.dispersion {
            Dispersion::Robust => self.signs.as_ref().map_or(0.0, |signs| signs.worse.log_e()),
            _ => self.fail.log_e(),
        }
    }

    pub(crate) fn log_e_pass(&self, metric: &Metric, factor: f64) -> f64 {
        match metric.dispersion {
            Dispersion::Robust => self.signs.as_ref().map_or(0.0, |signs| signs.not_worse.log_e() * factor),
            _ => self.pass.grown(metric.pass_below.absolute, factor),
        }
    }

    pub(crate) fn forget_pass(&mut self) {
        self.pass = Mixture::default();
        if let Some(signs) = &mut self.signs {
            signs.not_worse = Sign::default();
        }
    }
}

impl Signs {
    /// Which arm was worse than its margin allows, by more than chance alone may lean.
    ///
    /// Judge 2.8 takes the sign of the difference. That is sound only when its median is at most 0, and the median of
    /// small counts is not their mean: a healthy canary that expects 0.95 bad events in a window, beside a stable that
    /// is known well, has one or more in 61 % of windows, and would be failed for it in the end. So the canary's bad
    /// events are compared with the median of what they are at the margin, given all bad events of the window: a
    /// window counts as worse only above it, and for `pass` as not worse only below it. At the median itself it counts
    /// against the claim, either way.
    fn observe(&mut self, strata: &[Counts], metric: &Metric, phi: f64, share: f64) {
        let exposed = strata.iter().filter(|counts| counts.both_exposed());
        let canary: f64 = exposed.map(|counts| counts.canary_bad).sum();
        let (_, most) = median(strata, metric.fail_above, phi);
        let (least, _) = median(strata, metric.pass_below, phi);
        let proven = |holds: bool| if holds { Ordering::Greater } else { Ordering::Less };
        self.worse.observe(&increments(proven(canary > most)), share, f64::INFINITY);
        // Given that nothing bad happened in either arm, nothing else could have been seen: it says nothing.
        let spotless = strata.iter().all(|counts| !counts.both_exposed() || counts.bad() <= 0.0);
        self.not_worse.observe(if spotless { Ordering::Equal } else { proven(canary < least) });
    }
}

/// Between which numbers the median of the canary's bad events lies when it is at the margin, given those of both
/// arms. Events may come singly or in clusters of `phi`: the least and the greatest of both medians.
///
/// Exact without an absolute margin. With one, the canary is granted what it allows, and its share of the others.
fn median(strata: &[Counts], margin: Margin, phi: f64) -> (f64, f64) {
    let mean = |counts: &Counts| {
        let plain = margin.relative * counts.canary_exposure;
        let granted = counts.canary_exposure * margin.absolute;
        (granted + (counts.bad() - granted).max(0.0) * plain / (plain + counts.stable_exposure))
            .min(counts.bad())
    };
    let exposed = || strata.iter().filter(|counts| counts.both_exposed() && counts.bad() > 0.0);
    if let (Some(counts), 1) = (exposed().next(), exposed().count()) {
        let (all, chance) = (counts.bad(), mean(counts) / counts.bad());
        let (singly, clusters) = (binomial_median(all, chance), binomial_median(all / phi, chance));
        return (singly.0.min(phi * clusters.0), singly.1.max(phi * clusters.1));
    }
    // A sum of binomials has its median within one of its mean (Jogdeo and Samuels 1968).
    let mean: f64 = exposed().map(mean).sum();
    (mean.floor().min(phi * (mean / phi).floor()), mean.ceil().max(phi * (mean / phi).ceil()))
}

/// Strata as one text of numbers.
mod strata {
    use crate::counts::Counts;
    use crate::exact;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(strata: &[Counts], serializer: S) -> Result<S::Ok, S::Error> {
        let numbers: Vec<f64> = strata.iter().flat_map(Counts::as_array).collect();
        exact::list::serialize(&numbers, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Counts>, D::Error> {
        let numbers = exact::list::deserialize(deserializer)?;
        Ok(numbers.as_chunks::<4>().0.iter().copied().map(Counts::from_array).collect())
    }
}
