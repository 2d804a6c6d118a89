//! Bounded means: which arm's gauge is higher (judge 2.6; Waudby-Smith and Ramdas, arXiv 2010.09686).

use super::Rules;
use crate::config::Kind;
use crate::exact;
use crate::log_sum::log_mean_exp;
use crate::report::Both;
use serde::{Deserialize, Serialize};

/// The fractions of the wealth that are bet.
const LAMBDA: [f64; 8] = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];
/// Lag-1 autocorrelation below which windows are used as they are.
const SMALL: f64 = 0.2;
/// What is assumed before anything is known, and as how many windows that weighs.
const PRIOR: (f64, f64) = (0.5, 10.0);
/// No more windows than these are merged into one.
const MOST: f64 = 240.0;
/// How many times as many windows are merged as carry what one independent window would. Blocks of just so many still
/// go together by 0.2 to 0.33: gauges that swing between their bounds failed up to 5 % of healthy releases. Of twice as
/// many, neighbours go together by half of that (`cargo xtask bench judge`, other kinds).
const APART: f64 = 2.0;

/// Which way a gauge is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The canary is higher by more than the margin.
    Higher,
    /// The canary is not higher by as much as the margin.
    NotHigher,
}

/// Log evidence from pairs of window means `[canary, stable]` within `bounds`, against the absolute margin.
///
/// Values outside of the bounds are clipped. Sound as long as the expected difference, given the past, is within the
/// margin. Strongly autocorrelated gauges break that, so a judge merges windows into one, as many as their lag-1
/// autocorrelation rho so far asks for: `2 (1 + rho) / (1 - rho)`, six at first.
#[must_use]
pub fn gauge_log_e(direction: Direction, margin: f64, bounds: [f64; 2], windows: &[[f64; 2]]) -> f64 {
    let mut bets = Bets::default();
    for [canary, stable] in windows {
        bets.observe(direction, margin, bounds, *canary, *stable);
    }
    bets.log_e()
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Bets {
    #[serde(with = "exact::array")]
    logs: [f64; 8],
}

impl Bets {
    fn observe(
        &mut self,
        direction: Direction,
        margin: f64,
        [low, high]: [f64; 2],
        canary: f64,
        stable: f64,
    ) {
        let difference = canary.clamp(low, high) - stable.clamp(low, high);
        let (signed, room) = match direction {
            Direction::Higher => (difference - margin, high - low + margin),
            Direction::NotHigher => (margin - difference, high - low - margin),
        };
        if room <= 0.0 {
            return;
        }
        let z = (signed / room).max(-1.0);
        for (log, lambda) in self.logs.iter_mut().zip(LAMBDA) {
            *log += (lambda * z).ln_1p();
        }
    }

    fn log_e(&self) -> f64 {
        log_mean_exp(self.logs.iter().copied())
    }
}

/// Everything that is kept of a gauge.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Gauge {
    worse: Bets,
    not_worse: Bets,
    block: Block,
    correlation: Correlation,
    /// The bound that was derived from stable's maximum, where none was given.
    #[serde(with = "exact::one")]
    highest: f64,
    /// Sums of the canary's and of stable's values, and of how many windows: for display. A state of before they were
    /// kept begins with those after it.
    #[serde(default, with = "exact::array")]
    told: [f64; 3],
}

/// Windows that are merged into one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Block {
    #[serde(with = "exact::array")]
    sums: [f64; 2],
    windows: u32,
    /// How many it takes; fixed when the block begins.
    size: u32,
}

impl Gauge {
    pub(crate) fn warm_up(&mut self, stable: f64) {
        self.highest = self.highest.max(stable);
    }

    pub(crate) fn observe(&mut self, canary: f64, stable: f64, rules: &Rules<'_>) {
        let Kind::Gauge { bounds } = rules.metric.kind else { return };
        let [sum, other, windows] = self.told;
        self.told = [sum + canary, other + stable, windows + 1.0];
        if bounds.is_none() && self.highest <= 0.0 {
            // The first window sets the bound and is no evidence, so that the bound is known before what it bounds.
            self.highest = stable.max(canary);
            return;
        }
        let bounds = self.bounds(bounds);
        if self.block.windows == 0 {
            self.block.size = self.correlation.block();
        }
        self.correlation.observe(canary - stable);
        self.block.sums = [self.block.sums[0] + canary, self.block.sums[1] + stable];
        self.block.windows += 1;
        if self.block.windows < self.block.size {
            return;
        }
        let [canary, stable] = self.block.sums.map(|sum| sum / f64::from(self.block.windows));
        self.worse.observe(Direction::Higher, rules.metric.fail_above.absolute, bounds, canary, stable);
        self.not_worse.observe(
            Direction::NotHigher,
            rules.metric.pass_below.absolute,
            bounds,
            canary,
            stable,
        );
        self.block = Block::default();
    }

    /// The bounds in use: those given, or 0 to twice stable's maximum over the warm-up.
    pub(crate) fn bounds(&self, given: Option<[f64; 2]>) -> [f64; 2] {
        given.unwrap_or([0.0, 2.0 * self.highest])
    }

    /// The means of both arms over the usable windows.
    pub(crate) fn means(&self) -> Option<Both> {
        let [canary, stable, windows] = self.told;
        (windows > 0.0).then(|| Both { canary: canary / windows, stable: stable / windows })
    }

    /// How many windows are merged into one now.
    pub(crate) fn merged(&self) -> u32 {
        self.correlation.block()
    }

    pub(crate) fn log_e_fail(&self) -> f64 {
        self.worse.log_e()
    }

    pub(crate) fn log_e_pass(&self) -> f64 {
        self.not_worse.log_e()
    }

    pub(crate) fn forget_pass(&mut self) {
        self.not_worse = Bets::default();
    }
}

/// Lag-1 autocorrelation of the difference, from all windows so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Correlation {
    windows: u32,
    /// Sums of d, of d squared, of d times the d before it, and the first and the last d.
    #[serde(with = "exact::array")]
    sums: [f64; 5],
}

impl Correlation {
    fn observe(&mut self, d: f64) {
        let [sum, squares, products, first, last] = self.sums;
        let (product, first) = if self.windows == 0 { (0.0, d) } else { (last * d, first) };
        self.sums = [sum + d, squares + d * d, products + product, first, d];
        self.windows += 1;
    }

    /// Shrunk towards the prior. A shift of the mean looks like correlation, which costs time and no soundness.
    fn estimate(&self) -> f64 {
        let [sum, squares, products, first, last] = self.sums;
        let n = f64::from(self.windows);
        if self.windows < 2 {
            return PRIOR.0;
        }
        let mean = sum / n;
        let spread = squares - n * mean * mean;
        let lagged = products - mean * (2.0 * sum - first - last) + (n - 1.0) * mean * mean;
        let found = if spread > 1e-12 * squares { (lagged / spread).clamp(-1.0, 1.0) } else { 0.0 };
        (PRIOR.0 * PRIOR.1 + found * n) / (PRIOR.1 + n)
    }

    /// How many windows make one that is nearly independent of its neighbour.
    fn block(&self) -> u32 {
        let rho = self.estimate();
        if rho < SMALL { 1 } else { (APART * (1.0 + rho) / (1.0 - rho)).ceil().clamp(1.0, MOST) as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_merged_until_they_are_nearly_independent() {
        let mut steady = Correlation::default();
        let mut slow = Correlation::default();
        assert_eq!(steady.block(), 6);
        let mut level = 0.0;
        for at in 0..200_u32 {
            let mixed = (at + 1).wrapping_mul(0x9E37_79B9);
            let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA6B);
            let noise = f64::from((mixed ^ mixed >> 13) & 1023) / 1023.0 - 0.5;
            level = 0.9 * level + noise;
            steady.observe(noise);
            slow.observe(level);
        }
        assert_eq!(steady.block(), 1);
        assert!(slow.block() > 20, "{}", slow.block());
    }
}
