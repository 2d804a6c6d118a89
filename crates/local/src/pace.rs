//! How much faster than real a region lives.

use std::time::Duration;

/// How much faster than real a region lives: at 60, a minute of the manifests passes in a second.
///
/// Durations out of pods (probe periods, grace periods, pre-stop sleeps) and the scrape interval are divided by it.
/// What really takes time is not: requests, and the clock that metrics are stamped with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace(f64);

impl Default for Pace {
    /// Real time.
    fn default() -> Self {
        Self(1.0)
    }
}

impl Pace {
    /// A region that lives `factor` times faster. Factors below 0.001 and what is no number count as 1.
    pub fn new(factor: f64) -> Self {
        Self(if factor.is_finite() && factor >= 0.001 { factor } else { 1.0 })
    }

    /// The factor.
    pub fn factor(self) -> f64 {
        self.0
    }

    /// How long a duration out of a manifest really takes.
    pub fn real(self, written: Duration) -> Duration {
        written.div_f64(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_the_manifests_passes_in_a_second_at_pace_sixty() {
        assert_eq!(Pace::new(60.0).real(Duration::from_mins(5)), Duration::from_secs(5));
    }

    #[test]
    fn a_pace_that_is_no_pace_is_real_time() {
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Pace::new(factor), Pace::default());
        }
    }
}
