//! How long most answers take: one quick answer says little, and neither does one slow one.

use std::time::Duration;

use serde::Deserialize;

use crate::check::go_duration;
use crate::error::Error;

/// More probes than this load a service instead of checking it.
const MOST_PROBES: u32 = 1_000;

/// A quantile over several probes, one after the other.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LatencyCheck {
    /// How many probes are made. Each must hold what else the check asks for.
    #[serde(default = "probes")]
    pub probes: u32,
    /// The quantile, above 0 and at most 1 (the slowest). It is a time that was measured, by nearest rank: with fewer
    /// than `1 / (1 - quantile)` probes it is the slowest one.
    #[serde(default = "quantile")]
    pub quantile: f64,
    /// What it may be at most, as a Go duration.
    #[serde(deserialize_with = "go_duration::required")]
    pub max: Duration,
}

impl LatencyCheck {
    /// Refuses values that make no sense, naming the field.
    pub(crate) fn validate(&self, field: &str) -> Result<(), Error> {
        if self.probes == 0 || self.probes > MOST_PROBES {
            let remedy = format!("write a number from 1 to {MOST_PROBES}");
            return Err(Error::config(
                format!("{field}.probes"),
                format!("{} probes make no sense", self.probes),
                remedy,
            ));
        }
        if !(self.quantile > 0.0 && self.quantile <= 1.0) {
            let problem = format!("{} is no quantile", self.quantile);
            return Err(Error::config(format!("{field}.quantile"), problem, "write a number such as 0.95"));
        }
        Ok(())
    }

    /// The quantile of what was measured; `None` of nothing.
    pub fn of(&self, measured: &[Duration]) -> Option<Duration> {
        let mut sorted = measured.to_vec();
        sorted.sort_unstable();
        // Counts are small; the product cannot leave 0..=len.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rank = (self.quantile * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied()
    }

    /// What is wrong with a quantile that was measured; `None` when it holds.
    pub fn failure(&self, measured: Duration) -> Option<String> {
        let (measured, max) = (measured.as_millis(), self.max.as_millis());
        let quantile = (self.quantile * 1e4).round() / 1e2;
        (measured > max).then(|| {
            format!("{quantile} % of {} probes took up to {measured} ms, more than {max} ms", self.probes)
        })
    }
}

fn probes() -> u32 {
    20
}

fn quantile() -> f64 {
    0.95
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(quantile: f64) -> LatencyCheck {
        LatencyCheck { probes: 20, quantile, max: Duration::from_millis(200) }
    }

    fn millis(values: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn a_quantile_is_a_time_that_was_measured_by_nearest_rank() {
        let measured = millis((1..=20).rev());
        for (quantile, expected) in [(0.5, 10), (0.95, 19), (0.951, 20), (1.0, 20), (0.0001, 1)] {
            assert_eq!(check(quantile).of(&measured), Some(Duration::from_millis(expected)), "{quantile}");
        }
        assert_eq!(check(0.5).of(&[]), None);
    }

    #[test]
    fn one_slow_answer_of_twenty_does_not_make_a_release_slow_and_two_do() {
        let judged = |slow: usize| {
            let measured = millis(std::iter::repeat_n(900, slow).chain(std::iter::repeat_n(40, 20 - slow)));
            let check = check(0.95);
            check.failure(check.of(&measured).unwrap())
        };
        assert_eq!(judged(1), None);
        assert_eq!(judged(2).unwrap(), "95 % of 20 probes took up to 900 ms, more than 200 ms");
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        let said = |check: LatencyCheck| check.validate("checks[0].latency").unwrap_err().to_string();
        assert_eq!(
            said(check(1.5)),
            "checks[0].latency.quantile: 1.5 is no quantile; write a number such as 0.95"
        );
        assert!(said(check(f64::NAN)).contains("NaN is no quantile"));
        assert_eq!(
            said(LatencyCheck { probes: 0, ..check(0.5) }),
            "checks[0].latency.probes: 0 probes make no sense; write a number from 1 to 1000"
        );
    }
}
