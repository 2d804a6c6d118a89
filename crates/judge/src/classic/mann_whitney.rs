//! The Mann-Whitney test and the interval for the shift between two samples.

use super::differences::Differences;
use crate::normal::{quantile, upper_tail};

/// Products of sample sizes up to which the exact distribution is counted.
const EXACT: usize = 4000;

/// The test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// U of the canary: pairs in which it is above the baseline, ties counting half.
    pub u: f64,
    /// Normal approximation with ties and continuity corrected.
    pub p_two_sided: f64,
    /// The same for "the canary is above".
    pub p_greater: f64,
    /// The exact two-sided value; none with ties or for large samples.
    pub p_exact: Option<f64>,
}

/// The shift of the canary against the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// The median of all differences of pairs (Hodges and Lehmann).
    pub estimate: f64,
    /// Any shift in here makes the samples alike; a solver may stop anywhere in it.
    pub range: [f64; 2],
}

/// Tests whether the canary's samples lie above or below the baseline's.
#[must_use]
pub fn mann_whitney(canary: &[f64], baseline: &[f64]) -> MannWhitney {
    let (u, ties) = statistic(canary, baseline);
    let (m, n) = (canary.len() as f64, baseline.len() as f64);
    let (center, sigma) = (m * n / 2.0, deviation(m, n, ties));
    let tail = |over: f64| if sigma > 0.0 { upper_tail((over - 0.5) / sigma) } else { 0.5 };
    MannWhitney {
        u,
        p_two_sided: (2.0 * tail((u - center).abs())).min(1.0),
        p_greater: tail(u - center),
        p_exact: (ties == 0.0).then(|| exact(canary.len(), baseline.len(), u)).flatten(),
    }
}

/// U of the canary, and the sum of `t^3 - t` over ties.
fn statistic(canary: &[f64], baseline: &[f64]) -> (f64, f64) {
    let mut all: Vec<(f64, bool)> = canary.iter().map(|value| (*value, true)).collect();
    all.extend(baseline.iter().map(|value| (*value, false)));
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut ranks, mut ties, mut before) = (0.0, 0.0, 0.0);
    for same in all.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let size = same.len() as f64;
        let of_canary = same.iter().filter(|(_, canary)| *canary).count() as f64;
        ranks += of_canary * (before + f64::midpoint(size, 1.0));
        ties += size * size * size - size;
        before += size;
    }
    let m = canary.len() as f64;
    (ranks - m * (m + 1.0) / 2.0, ties)
}

fn deviation(m: f64, n: f64, ties: f64) -> f64 {
    let all = m + n;
    (m * n / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0)))).max(0.0).sqrt()
}

/// The interval and the estimate of the shift, as R's `wilcox.test(conf.int = TRUE)` finds them: the shifts that the
/// continuity-corrected statistic does not reject.
///
/// The statistic is a staircase that steps down at each difference of a pair, so each end is one of these differences
/// exactly, where R and Kayenta stop within a tolerance of it. Between them it depends only on how many differences lie
/// above, so each end is the difference of a rank: no list of all pairs is made.
#[must_use]
pub fn shift(canary: &[f64], baseline: &[f64], confidence: f64) -> Shift {
    let differences = Differences::of(canary, baseline);
    let (m, n) = (canary.len() as f64, baseline.len() as f64);
    // Between two steps no sample of one arm is tied with one of the other.
    let sigma = deviation(m, n, ties(&differences.canary) + ties(&differences.baseline));
    let corrected = |u: u64| {
        let off = u as f64 - m * n / 2.0;
        let sign = if off > 0.0 {
            1.0
        } else if off < 0.0 {
            -1.0
        } else {
            0.0
        };
        (off - 0.5 * sign) / sigma
    };
    let z = quantile(f64::midpoint(1.0, confidence));
    let descent = |above: &dyn Fn(f64) -> bool| differences.descent(|u| above(corrected(u)));
    Shift {
        low: descent(&|at| at > z),
        high: descent(&|at| at >= -z),
        estimate: differences.median(),
        range: [descent(&|at| at > 0.0), descent(&|at| at >= 0.0)],
    }
}

/// The sum of `t^3 - t` over ties within one arm.
fn ties(sorted: &[f64]) -> f64 {
    let sizes = sorted.chunk_by(|one, other| one.total_cmp(other).is_eq()).map(|same| same.len() as f64);
    sizes.map(|size| size * size * size - size).sum()
}

/// The exact two-sided probability, by counting how many arrangements have each U.
fn exact(m: usize, n: usize, u: f64) -> Option<f64> {
    if m == 0 || n == 0 || m * n > EXACT {
        return None;
    }
    let counts = arrangements(m, n);
    let all: f64 = counts.iter().sum();
    let center = (m * n) as f64 / 2.0;
    let extreme = center + (u - center).abs();
    let tail: f64 =
        counts.iter().enumerate().filter(|(at, _)| *at as f64 >= extreme).map(|(_, count)| count).sum();
    Some((2.0 * tail / all).min(1.0))
}

/// How many ways to choose m of m + n places give each U: the Gaussian binomial coefficient, factor by factor.
fn arrangements(m: usize, n: usize) -> Vec<f64> {
    let size = m * n + 1;
    let mut counts = vec![0.0; size];
    counts.iter_mut().take(1).for_each(|first| *first = 1.0);
    for i in 1..=m {
        // Times 1 - q^(n+i), from the top down.
        for at in (n + i..size).rev() {
            let lower = counts.get(at - n - i).copied().unwrap_or(0.0);
            counts.iter_mut().skip(at).take(1).for_each(|count| *count -= lower);
        }
        // Divided by 1 - q^i, from the bottom up.
        for at in i..size {
            let lower = counts.get(at - i).copied().unwrap_or(0.0);
            counts.iter_mut().skip(at).take(1).for_each(|count| *count += lower);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four days of windows of 10 s, whose pairs would fill 10 GB.
    #[test]
    fn long_samples_are_compared_in_the_memory_of_the_samples() {
        let sample = |at: u32, more: f64| f64::from(at.wrapping_mul(0x9E37_79B9) >> 12) / 1e6 + more;
        let baseline: Vec<f64> = (0..35_000).map(|at| sample(at, 0.0)).collect();
        let canary: Vec<f64> = (0..35_000).map(|at| sample(at + 40_000, 0.1)).collect();
        let found = shift(&canary, &baseline, 0.98);
        assert!(found.low < 0.1 && found.high > 0.1 && found.high - found.low < 0.02, "{found:?}");
        assert!((found.estimate - 0.1).abs() < 0.002, "{found:?}");
        assert!(mann_whitney(&canary, &baseline).p_greater < 1e-9);
    }

    #[test]
    fn arrangements_are_those_of_small_samples() {
        assert_eq!(arrangements(2, 2), [1.0, 1.0, 2.0, 1.0, 1.0]);
        assert_eq!(arrangements(3, 2), [1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 1.0]);
        assert_eq!(exact(3, 3, 9.0), Some(0.1));
    }
}
