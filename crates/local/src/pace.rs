//! How much faster than real a region lives.

use std::time::Duration;

use jiff::Timestamp;

/// How much faster than real a region lives: at 60, a minute of the manifests passes in a second.
///
/// Two things follow it: durations out of manifests (probe periods, grace periods, scrape intervals) are divided by
/// it, and the region's Prometheus keeps *region time*, which starts at the real time and runs by the factor. So a
/// query's `[2m]` covers the same number of scrapes at every pace, and no query needs to be rewritten. Rates per
/// second come out per second of region time; ratios and latencies are what they really are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    factor: f64,
    origin: Timestamp,
}

impl Pace {
    /// A region that lives `factor` times faster, from now on. Factors below 0.001 and non-numbers count as 1.
    pub fn new(factor: f64) -> Self {
        Self::starting_at(factor, Timestamp::now())
    }

    /// The same, with a chosen moment at which region time and real time agree.
    pub fn starting_at(factor: f64, origin: Timestamp) -> Self {
        let factor = if factor.is_finite() && factor >= 0.001 { factor } else { 1.0 };
        Self { factor, origin }
    }

    /// The factor.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// How long a duration out of a manifest really takes.
    pub fn real(&self, written: Duration) -> Duration {
        written.div_f64(self.factor)
    }

    /// Region time in milliseconds since the epoch, at a real time in the same unit.
    pub fn region_ms(&self, real_ms: i64) -> i64 {
        let origin = self.origin.as_millisecond();
        origin + ((real_ms - origin) as f64 * self.factor).round() as i64
    }

    /// Region time now.
    pub fn now_ms(&self) -> i64 {
        self.region_ms(Timestamp::now().as_millisecond())
    }

    /// The real time at a region time; the inverse of [`Pace::region_ms`] up to rounding.
    pub fn real_ms(&self, region_ms: i64) -> i64 {
        let origin = self.origin.as_millisecond();
        origin + ((region_ms - origin) as f64 / self.factor).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_the_manifests_passes_in_a_second_at_pace_sixty() {
        let pace = Pace::starting_at(60.0, Timestamp::from_millisecond(1_000_000).unwrap());
        assert_eq!(pace.real(Duration::from_mins(5)), Duration::from_secs(5));
        assert_eq!(pace.region_ms(1_000_000 + 1_000), 1_000_000 + 60_000);
        assert_eq!(pace.real_ms(1_000_000 + 60_000), 1_000_000 + 1_000);
    }

    #[test]
    fn a_pace_that_is_no_pace_is_real_time() {
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Pace::new(factor).real(Duration::from_secs(7)), Duration::from_secs(7));
        }
    }
}
