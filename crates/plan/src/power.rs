//! How likely an analysis is to abort, given how bad the version is.

use statrs::distribution::{Binomial, DiscreteCDF as _};

use crate::binomial::Dice;

/// Releases that are played for one probability: its standard error is at most 0.8 %.
const RELEASES: u32 = 4_000;
const SEED: u64 = 0x5eed_ca11_ab1e;

/// A series of measurements of a share of requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// Requests between two measurements.
    pub requests: f64,
    /// How many such stretches one measurement looks back at.
    pub stretches: u32,
    /// How many measurements there are.
    pub measurements: u32,
    /// The share from which a measurement fails.
    pub limit: f64,
    /// Bad measurements that are forgiven.
    pub failure_limit: u32,
}

/// The probability that the series aborts a version of which this share of the requests is bad.
///
/// Measurements apart from each other are independent, and the answer is exact. Ones whose windows overlap share
/// requests: there 4,000 releases are played, from a seed.
///
/// ```
/// use aviary_plan::{Test, abort_probability};
/// // 100 requests per second, 10 % at the canary, 30 s, ten looks, nothing forgiven (the tutorial's rule).
/// let test = Test { requests: 300.0, stretches: 1, measurements: 10, limit: 0.01, failure_limit: 0 };
/// // A healthy version that fails one request in 200 is aborted in about 88 of 100 releases.
/// assert!((abort_probability(&test, 0.005) - 0.88).abs() < 0.005);
/// ```
pub fn abort_probability(test: &Test, bad: f64) -> f64 {
    if test.stretches <= 1 {
        let failing = tail(test.requests.round(), bad, (test.limit * test.requests.round()).ceil());
        return tail(f64::from(test.measurements), failing, f64::from(test.failure_limit) + 1.0);
    }
    let mut dice = Dice::new(SEED);
    let aborted = (0..RELEASES).filter(|_| aborts(test, bad, &mut dice)).count();
    aborted as f64 / f64::from(RELEASES)
}

/// The probability that at least `least` of `n` come up when each does with probability `p`.
fn tail(n: f64, p: f64, least: f64) -> f64 {
    if least <= 0.0 {
        return 1.0;
    }
    // The distribution exists for every probability, and the numbers are whole.
    Binomial::new(p.clamp(0.0, 1.0), n as u64).map_or(0.0, |distribution| distribution.sf(least as u64 - 1))
}

fn aborts(test: &Test, bad: f64, dice: &mut Dice) -> bool {
    let stretches = test.stretches.max(1) as usize;
    let mut window: Vec<f64> = Vec::with_capacity(stretches);
    let mut failed = 0;
    // The first measurement looks back at a full window: the weight was there before.
    let total = stretches + test.measurements as usize - 1;
    for stretch in 0..total {
        if window.len() == stretches {
            window.remove(0);
        }
        window.push(dice.binomial(test.requests.round(), bad));
        if stretch + 1 < stretches {
            continue;
        }
        let share = window.iter().sum::<f64>() / (test.requests.round() * stretches as f64).max(1.0);
        failed += u32::from(share >= test.limit);
        if failed > test.failure_limit {
            return true;
        }
    }
    false
}

/// The smallest share of bad requests that is aborted with probability `power`, to three digits; `None` when even a
/// version that fails always may pass.
pub fn detectable(test: &Test, power: f64) -> Option<f64> {
    if test.measurements == 0 || test.requests < 1.0 || abort_probability(test, 1.0) < power {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while high - low > high / 1_000.0 {
        let middle = f64::midpoint(low, high);
        if abort_probability(test, middle) >= power { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUTORIAL: Test =
        Test { requests: 300.0, stretches: 1, measurements: 10, limit: 0.01, failure_limit: 0 };

    #[test]
    fn more_traffic_makes_a_healthy_version_safer_and_a_bad_one_easier_to_see() {
        // The published figures for a true ratio of 0.5 %, by requests in one look.
        for (requests, published) in [(3.0, 0.14), (30.0, 0.78), (300.0, 0.88), (3_000.0, 0.0042)] {
            let chance = abort_probability(&Test { requests, ..TUTORIAL }, 0.005);
            assert!((chance / published - 1.0).abs() < 0.05, "{requests}: {chance} for {published}");
        }
    }

    #[test]
    fn what_is_detectable_is_detected() {
        let found = detectable(&TUTORIAL, 0.8).unwrap();
        assert!(abort_probability(&TUTORIAL, found) >= 0.8);
        assert!(abort_probability(&TUTORIAL, found * 0.9) < 0.8);
        assert_eq!(detectable(&Test { requests: 0.0, ..TUTORIAL }, 0.8), None);
    }

    #[test]
    fn measurements_whose_windows_overlap_count_less_than_ones_that_do_not() {
        let apart = abort_probability(&Test { requests: 1_200.0, ..TUTORIAL }, 0.007);
        let overlapping = abort_probability(&Test { stretches: 4, ..TUTORIAL }, 0.007);
        assert!(overlapping < apart - 0.05, "{overlapping} {apart}");
    }
}
