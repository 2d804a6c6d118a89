//! The sign process: only which arm was worse in a window counts, not by how much.

use crate::exact;
use crate::log_sum::log_mean_exp;
use crate::nodes::NODES;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The chances of "worse" that the process bets on.
const THETA: [f64; 3] = [0.6, 0.75, 0.9];

/// Evidence from signs of windows (judge 2.8): valid when the median of the difference is at most 0 and windows are
/// independent, whatever happens within a window. Ten windows at least.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sign {
    #[serde(with = "exact::array")]
    logs: [f64; 3],
}

impl Sign {
    /// Adds a window: `Greater` is evidence, `Less` is evidence against, `Equal` is none.
    pub fn observe(&mut self, difference: Ordering) {
        for (log, theta) in self.logs.iter_mut().zip(THETA) {
            *log += increment(difference, theta);
        }
    }

    /// The logarithm of the evidence now.
    #[must_use]
    pub fn log_e(&self) -> f64 {
        log_mean_exp(self.logs.iter().copied())
    }
}

fn increment(difference: Ordering, theta: f64) -> f64 {
    match difference {
        Ordering::Greater => (2.0 * theta).ln(),
        Ordering::Less => (2.0 * (1.0 - theta)).ln(),
        Ordering::Equal => 0.0,
    }
}

/// Means up to which chances are summed.
const SUMMED: f64 = 60.0;

/// Between which whole numbers the median of a binomial lies: both are the median itself unless the mean is large.
/// It is never farther than the whole numbers around the mean (Kaas and Buhrman 1980). Trials may be a fraction.
pub(crate) fn binomial_median(trials: f64, chance: f64) -> (f64, f64) {
    let mean = trials * chance;
    let (floor, ceil) = (mean.floor(), mean.ceil());
    if mean > SUMMED {
        return (floor, ceil);
    }
    let mut term = (trials * (-chance).ln_1p()).exp();
    let (mut sum, mut at) = (term, 0.0);
    while at < floor {
        term *= (trials - at) / (at + 1.0) * chance / (1.0 - chance);
        sum += term;
        at += 1.0;
    }
    if sum >= 0.5 { (floor, floor) } else { (ceil, ceil) }
}

/// The same bets for a [`crate::Portfolio`], whose cash and re-balancing find what begins late: sixteen chances of
/// "worse" from 0.6 to 0.9.
pub(crate) fn increments(difference: Ordering) -> [f64; NODES] {
    std::array::from_fn(|at| increment(difference, 0.6 + 0.02 * at as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_those_of_binomials() {
        for (trials, chance, median) in [
            (5.0, 0.1, 0.0),
            (951.0, 0.001, 1.0),
            (10.0, 0.5, 5.0),
            (3.0, 0.9, 3.0),
            (0.0, 0.3, 0.0),
            (12.0, 0.04, 0.0),
        ] {
            let (low, high) = binomial_median(trials, chance);
            assert!(
                low.total_cmp(&median).is_eq() && high.total_cmp(&median).is_eq(),
                "{trials} {chance}: {low}"
            );
        }
        // Beyond what is summed, the whole numbers around the mean.
        let (low, high) = binomial_median(1e12 + 5.0, 0.5);
        assert!((low + 1.0).total_cmp(&high).is_eq() && low < 5e11 + 2.5 && high > 5e11 + 2.5, "{low}");
    }
}
