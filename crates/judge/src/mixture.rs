//! A plain mixture of alternatives, which answers every absolute margin at once.

use crate::exact;
use crate::log_sum::log_sum_exp;
use crate::nodes::{NODES, Terms};
use serde::{Deserialize, Serialize};

/// The static mixture over 16 alternatives (judge 2.3).
///
/// The absolute margin enters linearly, so the sums are kept without it: one state serves the pass test and every
/// point of a confidence sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mixture {
    /// Log likelihood ratio of each alternative, for d = 0. Minus infinity for one that is refuted for good.
    #[serde(with = "exact::array")]
    likelihood: [f64; NODES],
    /// What each unit of d takes off.
    #[serde(with = "exact::array")]
    slack: [f64; NODES],
}

impl Default for Mixture {
    fn default() -> Self {
        Self { likelihood: [0.0; NODES], slack: [0.0; NODES] }
    }
}

impl Mixture {
    /// Adds a window, tempered by `phi`.
    pub fn observe(&mut self, terms: &Terms, phi: f64) {
        for (sum, term) in self.likelihood.iter_mut().zip(&terms.likelihood) {
            *sum += term / phi;
        }
        for (sum, term) in self.slack.iter_mut().zip(&terms.slack) {
            *sum += term / phi;
        }
    }

    /// The logarithm of the evidence against an absolute margin.
    #[must_use]
    pub fn log_e(&self, absolute: f64) -> f64 {
        self.grown(absolute, 1.0)
    }

    /// The same after evidence has grown by a factor, each alternative as it grew so far.
    pub(crate) fn grown(&self, absolute: f64, factor: f64) -> f64 {
        let logs = self.likelihood.iter().zip(&self.slack).map(|(l, c)| (l - absolute * c) * factor);
        log_sum_exp(logs) - (NODES as f64).ln()
    }
}
