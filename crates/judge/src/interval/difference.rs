//! The difference of the rates, canary minus stable.

use super::Interval;
use crate::bisect::boundary;
use crate::mixture::Mixture;
use crate::nodes::Terms;
use serde::{Deserialize, Serialize};

/// Two mixtures with r = 1: one that the difference is larger, one that it is smaller than any `d` (judge 2.5).
///
/// Exact at all times for a constant effect; else it covers the average over the canary's exposure as long as the
/// share is constant.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Differences {
    larger: Mixture,
    smaller: Mixture,
}

impl Differences {
    /// Terms of the fail and of the pass alternatives, both with r = 1.
    pub(crate) fn observe(&mut self, larger: &Terms, smaller: &Terms, phi: f64) {
        self.larger.observe(larger, phi);
        self.smaller.observe(smaller, phi);
    }

    /// The interval at confidence `1 - alpha`, within plus and minus `most` (1 for proportions).
    ///
    /// When the effect changes so much that no single difference fits all windows, the bounds cross; then it is what
    /// lies between them.
    pub(crate) fn interval(&self, alpha: f64, most: f64) -> Interval {
        let threshold = (2.0 / alpha).ln();
        let below = |d: f64| self.larger.log_e(d) >= threshold;
        let not_above = |d: f64| self.smaller.log_e(d) < threshold;
        let low = if below(-most) { boundary(-most, most, below) } else { -most };
        let high = if not_above(most) { most } else { boundary(-most, most, not_above) };
        Interval { low: low.min(high), high: low.max(high) }
    }
}
