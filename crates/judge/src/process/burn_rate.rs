//! Multi-window burn rates of an error budget (SRE Workbook, chapter 5; judge 2.6).
//!
//! These are rules, not tests: they give no promise about false aborts at a canary's traffic, and they need more
//! requests than a step usually has. They are here because teams already page on them.
//!
//! A rate is judged once its short window has been read in full: before, a few seconds would stand for all of it, and
//! the first errors would fail a release for good. Of the long window counts what there is, and in it must stand
//! [`LEAST_BAD`] bad events: where few requests come, one alone is a high rate, and it happens to healthy releases. With
//! less than that, or with less than `minRequests` in a window, nothing can be said, and that is no pass.

use super::Rules;
use crate::config::{BurnRate, Kind, Metric};
use crate::exact;
use crate::report::{Burn, Unsure};
use serde::{Deserialize, Serialize};

/// Slots of a ring: a sliding window is this exact.
const SLOTS: usize = 12;
/// Bad events in the long window without which nothing is a breach. A canary at exactly 99.9 % that gets a request in
/// five seconds was failed in 7.6 % of releases without this (`cargo xtask bench judge`).
const LEAST_BAD: f64 = 3.0;

/// Everything that is kept of burn rates: a long and a short window for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BurnRates {
    rings: Vec<[Ring; 2]>,
    /// Seconds of readings since they count. A state of before this was kept has none, and waits anew.
    #[serde(default, with = "exact::one")]
    seconds: f64,
}

/// A rate as it stands: whether it is reached, and what is behind that: requests in the short window, the lesser one, and
/// bad events in the long one.
struct Look {
    burn: Burn,
    is_reached: bool,
    is_enough: bool,
    exposure: f64,
    bad: f64,
}

/// A sliding window: exposure and bad events in slots of equal length.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Ring {
    #[serde(with = "exact::array")]
    exposure: [f64; SLOTS],
    #[serde(with = "exact::array")]
    bad: [f64; SLOTS],
    /// Seconds that the newest slot, the first, has lasted.
    #[serde(with = "exact::one")]
    seconds: f64,
}

impl Ring {
    fn observe(&mut self, exposure: f64, bad: f64, seconds: f64, length: f64) {
        let slot = length / SLOTS as f64;
        for _ in 0..SLOTS {
            if self.seconds < slot {
                break;
            }
            self.exposure.rotate_right(1);
            self.bad.rotate_right(1);
            (self.exposure[0], self.bad[0]) = (0.0, 0.0);
            self.seconds -= slot;
        }
        self.exposure[0] += exposure;
        self.bad[0] += bad;
        self.seconds = (self.seconds + seconds).min(length);
    }

    /// Exposure, and bad events per exposure.
    fn rate(&self) -> Option<(f64, f64)> {
        let exposure: f64 = self.exposure.iter().sum();
        (exposure > 0.0).then(|| (exposure, self.bad() / exposure))
    }

    fn bad(&self) -> f64 {
        self.bad.iter().sum()
    }
}

impl BurnRates {
    pub(crate) fn new(rates: usize) -> Self {
        Self { rings: vec![<[Ring; 2]>::default(); rates], seconds: 0.0 }
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::new(self.rings.len());
    }

    pub(crate) fn observe(&mut self, exposure: f64, bad: f64, rules: &Rules<'_>) {
        let Kind::BurnRate { rates, .. } = &rules.metric.kind else { return };
        self.seconds += rules.seconds;
        for ([long, short], rate) in self.rings.iter_mut().zip(rates) {
            long.observe(exposure, bad, rules.seconds, rate.long.as_secs_f64());
            short.observe(exposure, bad, rules.seconds, rate.short.as_secs_f64());
        }
    }

    /// The first rate at which the budget burns in the long and in the short window both, with enough behind it.
    pub(crate) fn breached(&self, metric: &Metric) -> Option<Burn> {
        let breach = |look: &Look| look.is_reached && look.is_enough && look.bad >= LEAST_BAD;
        self.looks(metric).find(breach).map(|look| look.burn)
    }

    /// Why nothing can be said, though a rate is judged and none is breached: one is reached by a few bad events or
    /// requests, or none has enough requests in both of its windows.
    pub(crate) fn unsure(&self, metric: &Metric) -> Option<Unsure> {
        let Kind::BurnRate { least, .. } = &metric.kind else { return None };
        if self.breached(metric).is_some() {
            return None;
        }
        let looks: Vec<Look> = self.looks(metric).collect();
        let decided = looks.iter().any(|look| look.is_enough && !look.is_reached);
        let reached = looks.iter().find(|look| look.is_reached);
        let open = reached.or_else(|| looks.first().filter(|_| !decided));
        open.map(|look| Unsure {
            burn: look.burn,
            is_reached: look.is_reached,
            bad: told(look.bad),
            least_bad: LEAST_BAD,
            exposure: told(look.exposure),
            least_exposure: *least,
        })
    }

    /// Every rate whose short window has been read in full, as it stands.
    fn looks(&self, metric: &Metric) -> impl Iterator<Item = Look> {
        let (rates, budget, least) = match &metric.kind {
            Kind::BurnRate { objective, rates, least } => (rates.as_slice(), 1.0 - objective, *least),
            _ => (&[][..], 1.0, 0.0),
        };
        let judged = self.rings.iter().zip(rates).filter(|(_, rate)| self.waits(rate) <= 0.0);
        judged.map(move |([long, short], rate)| {
            let [(seen, slow), (exposure, fast)] = [long, short].map(|ring| ring.rate().unwrap_or_default());
            let reached = rate.factor * budget;
            Look {
                burn: Burn {
                    factor: rate.factor,
                    long_seconds: rate.long.as_secs(),
                    short_seconds: rate.short.as_secs(),
                    long_factor: told(slow / budget),
                    short_factor: told(fast / budget),
                    seen_seconds: told(self.seconds.min(rate.long.as_secs_f64())),
                },
                is_reached: slow >= reached && fast >= reached,
                is_enough: seen >= least && exposure >= least,
                exposure,
                bad: long.bad(),
            }
        })
    }

    /// Seconds of readings until a rate is judged.
    pub(crate) fn waits(&self, rate: &BurnRate) -> f64 {
        (rate.short.as_secs_f64() - self.seconds).max(0.0)
    }

    /// The same of the rate that is judged first: before, nothing is known that could pass.
    pub(crate) fn waits_for_any(&self, metric: &Metric) -> f64 {
        let Kind::BurnRate { rates, .. } = &metric.kind else { return 0.0 };
        rates.iter().map(|rate| self.waits(rate)).reduce(f64::min).unwrap_or_default()
    }
}

/// With as many digits as read back the same from any text: what failed a release is stored.
fn told(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_forgets_what_is_older_than_its_length() {
        let mut ring = Ring::default();
        for _ in 0..30 {
            ring.observe(100.0, 50.0, 10.0, 300.0);
        }
        assert_eq!(ring.rate(), Some((3000.0, 0.5)));
        for _ in 0..33 {
            ring.observe(100.0, 0.0, 10.0, 300.0);
        }
        assert!(ring.rate().unwrap().1 <= 0.0);
    }
}
