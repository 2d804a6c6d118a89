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

/// The same bets for a [`crate::Portfolio`], whose cash and re-balancing find what begins late: sixteen chances of
/// "worse" from 0.6 to 0.9.
pub(crate) fn increments(difference: Ordering) -> [f64; NODES] {
    std::array::from_fn(|at| increment(difference, 0.6 + 0.02 * at as f64))
}
