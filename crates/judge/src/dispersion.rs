//! Whether bad events come singly or in clusters.

use crate::counts::Counts;
use crate::exact;
use serde::{Deserialize, Serialize};

/// The prior weighs as much as this many pairs of windows.
const PRIOR_PAIRS: f64 = 10.0;
/// One wild pair counts at most this much.
const WINSOR: f64 = 100.0;

/// How bad events may depend on each other within an arm (judge 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Dispersion {
    /// Requests are routed one by one and not retried: bad events are independent.
    Independent,
    /// Clustering is estimated from adjacent windows: calibrated, not proven.
    #[default]
    Auto,
    /// The window is the unit: only which arm was worse counts. Immune to clusters, and slower.
    Robust,
    /// Bad events come in clusters of at most this many (retries of a request): exact.
    Bursts(f64),
}

/// Chi-square of two adjacent windows: is the canary's share of bad events the same in both, as far as the exposures
/// allow? `None` when the windows cannot tell (judge 2.4).
///
/// A lasting regression or a drift of both arms cancels; only jumpiness remains.
#[must_use]
pub fn pair_chi_square(first: &Counts, second: &Counts) -> Option<f64> {
    let (k, l) = (first.bad(), second.bad());
    let (t, n) = (first.canary_bad + second.canary_bad, k + l);
    let exposed = first.both_exposed() && second.both_exposed();
    // With n = 1 there is nothing to be spread, and the variance below would have no divisor.
    if !exposed || k <= 0.0 || l <= 0.0 || t <= 0.0 || n - t <= 0.0 || n <= 1.0 {
        return None;
    }
    let odds = |counts: &Counts| counts.canary_exposure / counts.stable_exposure;
    let expected = expected(odds(first) / odds(second), k, l, t);
    let cells = [expected, k - expected, t - expected, l - t + expected];
    if !cells.iter().all(|cell| *cell > 0.0) {
        return None;
    }
    let variance = n / (n - 1.0) / cells.iter().map(|cell| 1.0 / cell).sum::<f64>();
    let off = first.canary_bad - expected;
    let chi = off * off / variance;
    chi.is_finite().then_some(chi.min(WINSOR))
}

/// The canary's expected bad events in the first window, given all margins of the table and the odds ratio.
#[allow(clippy::many_single_char_names)] // the letters of the formula
fn expected(omega: f64, k: f64, l: f64, t: f64) -> f64 {
    if omega.ln().abs() < 1e-9 {
        return k * t / (k + l);
    }
    let a = omega - 1.0;
    let b = -(a * (k + t) + k + l);
    let c = omega * k * t;
    let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
    (-b - root) / (2.0 * a)
}

/// The same for a single arm: are two adjacent windows' counts in proportion to their exposures?
pub(crate) fn single_chi_square(first: [f64; 2], second: [f64; 2]) -> Option<f64> {
    let ([n, k], [m, l]) = (first, second);
    let total = k + l;
    if n <= 0.0 || m <= 0.0 || total <= 1.0 {
        return None;
    }
    let share = n / (n + m);
    let off = k - total * share;
    Some((off * off / (total * share * (1.0 - share))).min(WINSOR))
}

/// The running estimate: phi for a window comes only from pairs before it, so it may temper the window's evidence.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PhiEstimate {
    #[serde(with = "exact::one")]
    sum: f64,
    pairs: u32,
}

impl PhiEstimate {
    /// Adds the chi-square of a pair of adjacent windows, if they can tell anything.
    pub fn add(&mut self, chi_square: Option<f64>) {
        if let Some(chi_square) = chi_square {
            self.sum += chi_square;
            self.pairs += 1;
        }
    }

    /// Phi for the next window: the shrunk mean, one standard error up, at least 1. `prior` is 1 when nothing is known.
    #[must_use]
    pub fn phi(&self, prior: f64) -> f64 {
        let weight = PRIOR_PAIRS + f64::from(self.pairs);
        let mean = (PRIOR_PAIRS * prior + self.sum) / weight;
        (mean * (1.0 + (2.0 / weight).sqrt())).max(1.0)
    }

    /// The shrunk mean itself: what is told to people.
    #[must_use]
    pub fn mean(&self, prior: f64) -> f64 {
        ((PRIOR_PAIRS * prior + self.sum) / (PRIOR_PAIRS + f64::from(self.pairs))).max(1.0)
    }
}

/// Dispersion learnt before a release, from windows of stable against itself (halves of its pods): the prior for
/// [`Dispersion::Auto`]. It lowers false aborts two- to fivefold where errors come in bursts (judge 3.5).
///
/// 1 when the windows can tell nothing; 30 windows are enough.
#[must_use]
pub fn learn(windows: &[Counts]) -> f64 {
    let mut estimate = PhiEstimate::default();
    for (first, second) in windows.iter().zip(windows.iter().skip(1)) {
        estimate.add(pair_chi_square(first, second));
    }
    estimate.mean(1.0)
}
