//! The fail process: a portfolio of alternatives and cash, re-balanced a little every window.

use crate::exact;
use crate::nodes::NODES;
use serde::{Deserialize, Serialize};

/// Cash keeps this share of the portfolio: what a release without evidence either way does not lose.
pub const CASH: f64 = 0.2;
/// The mean time in seconds after which the portfolio is dealt anew: regressions may begin late.
pub const RESTART_SECONDS: f64 = 1500.0;
/// One window moves an alternative by at most this part of `ln(1/alpha)`, so one window alone cannot fail a release.
const CAP: f64 = 0.6;

/// How much of the portfolio is dealt anew after a window of `seconds` (judge 2.2).
#[must_use]
pub fn restart_share(seconds: f64) -> f64 {
    -(-seconds.max(0.0) / RESTART_SECONDS).exp_m1()
}

/// The most by which one window may move an alternative.
#[must_use]
pub fn cap(alpha: f64) -> f64 {
    -CAP * alpha.ln()
}

/// Evidence that the canary is worse than the fail margin (judge 2.2; Herbster and Warmuth's fixed share).
///
/// The value `exp(log_e)` is the wealth of a gambler who bets against "the canary is no worse than the margin": he
/// multiplies his stake by 100 in fewer than 1 of 100 healthy releases, whenever one looks.
///
/// Weights are kept linear and add up to 1; re-balancing keeps each above `share` times its prior, so none is lost.
/// That is three times faster than logarithms and differs from them in the last digits only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Portfolio {
    #[serde(with = "exact::one")]
    cash: f64,
    #[serde(with = "exact::array")]
    weights: [f64; NODES],
    #[serde(with = "exact::one")]
    log_e: f64,
    #[serde(with = "exact::one")]
    highest: f64,
    begun: bool,
}

impl Default for Portfolio {
    fn default() -> Self {
        Self { cash: CASH, weights: [PRIOR; NODES], log_e: 0.0, highest: 0.0, begun: false }
    }
}

const PRIOR: f64 = (1.0 - CASH) / NODES as f64;

impl Portfolio {
    /// Adds a window: the log increment of each alternative, already tempered; how much is dealt anew before it
    /// ([`restart_share`]); and the most an increment may be ([`cap`], or infinity).
    pub fn observe(&mut self, increments: &[f64; NODES], share: f64, cap: f64) {
        if self.begun {
            self.cash += share * (CASH - self.cash);
            for weight in &mut self.weights {
                *weight += share * (PRIOR - *weight);
            }
        }
        self.begun = true;
        // What is no number is no evidence; `f64::min` alone would make the cap of it.
        let moved = |increment: f64| if increment.is_nan() { f64::NEG_INFINITY } else { increment.min(cap) };
        let top = increments.iter().fold(0.0, |top: f64, increment| top.max(moved(*increment)));
        self.cash *= (-top).exp();
        let mut total = self.cash;
        for (weight, increment) in self.weights.iter_mut().zip(increments) {
            *weight *= (moved(*increment) - top).exp();
            total += *weight;
        }
        // Cash or the best alternative kept its weight, so the total is above zero.
        self.cash /= total;
        self.weights.iter_mut().for_each(|weight| *weight /= total);
        self.log_e += top + total.ln();
        self.highest = self.highest.max(self.log_e);
    }

    /// The logarithm of the evidence now.
    #[must_use]
    pub const fn log_e(&self) -> f64 {
        self.log_e
    }

    /// An always-valid p-value: one over the highest evidence so far, at most 1 (judge 2.2).
    #[must_use]
    pub fn p_value(&self) -> f64 {
        (-self.highest).exp().min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_no_evidence() {
        let mut portfolio = Portfolio::default();
        portfolio.observe(&[f64::NAN; NODES], 0.0, cap(0.01));
        assert!((portfolio.log_e() - CASH.ln()).abs() < 1e-12, "the cash is left: {}", portfolio.log_e());
    }
}
