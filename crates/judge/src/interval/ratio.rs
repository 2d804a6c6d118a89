//! The ratio of the rates, canary over stable.

use super::Interval;
use crate::bisect::boundary;
use crate::counts::Counts;
use crate::exact;
use crate::log_sum::log_mean_exp;
use serde::{Deserialize, Serialize};

/// Points of the mixture, log-spaced in [1/64, 64].
const POINTS: usize = 49;
/// Beyond this ratio, and below its inverse, the interval is open.
const FARTHEST: f64 = 1e6;
/// How many different shares of traffic are kept apart.
const BINS: usize = 32;

/// The likelihood of every ratio, given how many bad events there were at which share of traffic (judge 2.5).
///
/// Given `k` bad events of both arms and the share `f`, a ratio rho has the log likelihood
/// `x1 ln rho - k ln(rho f + 1 - f)`. Windows of the nearest shares are merged when there are more than 32 of them:
/// the sum is concave in `f`, so merging close shares changes it in second order only, and the state stays small.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Ratios {
    #[serde(with = "exact::one")]
    canary_bad: f64,
    #[serde(with = "exact::one")]
    stable_bad: f64,
    /// Share, ascending, and bad events of both arms: in turn.
    #[serde(with = "bins")]
    bins: Vec<Bin>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bin {
    share: f64,
    bad: f64,
}

impl Bin {
    fn join(self, other: Self) -> Self {
        let bad = self.bad + other.bad;
        Self { share: (self.share * self.bad + other.share * other.bad) / bad, bad }
    }

    /// What joining costs: the spread of the shares, weighted.
    fn cost(self, other: Self) -> f64 {
        (self.share - other.share).powi(2) * self.bad * other.bad / (self.bad + other.bad)
    }
}

impl Ratios {
    pub(crate) fn observe(&mut self, counts: &Counts, phi: f64) {
        if !counts.both_exposed() || counts.bad() <= 0.0 {
            return;
        }
        self.canary_bad += counts.canary_bad / phi;
        self.stable_bad += counts.stable_bad / phi;
        let new = Bin { share: counts.share(), bad: counts.bad() / phi };
        let at = self.bins.partition_point(|bin| bin.share < new.share);
        match self.bins.get_mut(at) {
            Some(bin) if bin.share <= new.share => bin.bad += new.bad,
            _ => self.bins.insert(at, new),
        }
        if self.bins.len() > BINS {
            self.join_nearest();
        }
    }

    fn join_nearest(&mut self) {
        let pairs = self.bins.iter().zip(self.bins.iter().skip(1));
        let costs = pairs.map(|(one, next)| one.cost(*next)).enumerate();
        let Some((at, _)) = costs.min_by(|one, other| one.1.total_cmp(&other.1)) else { return };
        let next = self.bins.remove(at + 1);
        if let Some(bin) = self.bins.get_mut(at) {
            *bin = bin.join(next);
        }
    }

    /// The interval at confidence `1 - alpha`; from zero when the canary had no bad event, to infinity when stable had none.
    pub(crate) fn interval(&self, alpha: f64) -> Interval {
        let farthest = FARTHEST.ln();
        let spread = 64.0_f64.ln();
        let step = 2.0 * spread / (POINTS as f64 - 1.0);
        let points: [f64; POINTS] =
            std::array::from_fn(|at| self.log_likelihood((at as f64).mul_add(step, -spread)));
        let threshold = log_mean_exp(points.iter().copied()) + alpha.ln();
        let plausible = |ln_rho: f64| self.log_likelihood(ln_rho) >= threshold;
        let top = self.top(farthest);
        let low =
            if plausible(-farthest) { 0.0 } else { boundary(-farthest, top, |at| !plausible(at)).exp() };
        let high = if plausible(farthest) { f64::INFINITY } else { boundary(top, farthest, plausible).exp() };
        Interval { low, high }
    }

    fn log_likelihood(&self, ln_rho: f64) -> f64 {
        let rho = ln_rho.exp();
        let spent: f64 = self.bins.iter().map(|bin| bin.bad * ((rho - 1.0) * bin.share).ln_1p()).sum();
        // Kept as zero times a finite number at most: ln_rho is bounded.
        self.canary_bad * ln_rho - spent
    }

    /// Where the likelihood is highest. Its slope, `x1 - sum of k rho f / (rho f + 1 - f)`, falls with rho.
    fn top(&self, farthest: f64) -> f64 {
        let rising = |ln_rho: f64| {
            let rho = ln_rho.exp();
            let slope: f64 = self.bins.iter().map(|bin| bin.bad * canary_share(rho, bin.share)).sum();
            self.canary_bad > slope
        };
        if self.canary_bad <= 0.0 {
            -farthest
        } else if self.stable_bad <= 0.0 {
            farthest
        } else {
            boundary(-farthest, farthest, rising)
        }
    }
}

/// The canary's share of bad events when it is `rho` times as bad and has `share` of the traffic.
fn canary_share(rho: f64, share: f64) -> f64 {
    rho * share / ((rho - 1.0) * share + 1.0)
}

/// Bins as one text, like all numbers of a state.
mod bins {
    use super::{Bin, exact};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bins: &[Bin], serializer: S) -> Result<S::Ok, S::Error> {
        let numbers: Vec<f64> = bins.iter().flat_map(|bin| [bin.share, bin.bad]).collect();
        exact::list::serialize(&numbers, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Bin>, D::Error> {
        let numbers = exact::list::deserialize(deserializer)?;
        let pairs = numbers.as_chunks::<2>().0.iter();
        Ok(pairs.map(|[share, bad]| Bin { share: *share, bad: *bad }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_shares_are_merged_and_the_interval_hardly_moves() {
        let mut all = Ratios::default();
        let mut exact = Ratios::default();
        for at in 0..400 {
            let n1 = 250.0 + f64::from(at * 37 % 101);
            let counts = Counts::new(n1, 3000.0 - n1, f64::from(at % 4), f64::from(10 + at % 9));
            all.observe(&counts, 1.0);
            exact.canary_bad += counts.canary_bad;
            exact.stable_bad += counts.stable_bad;
            exact.bins.push(Bin { share: counts.share(), bad: counts.bad() });
        }
        assert_eq!((all.bins.len(), exact.bins.len()), (BINS, 400));
        let (merged, whole) = (all.interval(0.05), exact.interval(0.05));
        assert!((merged.low / whole.low - 1.0).abs() < 1e-5, "{merged:?} {whole:?}");
        assert!((merged.high / whole.high - 1.0).abs() < 1e-5, "{merged:?} {whole:?}");
    }
}
