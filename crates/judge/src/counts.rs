//! What both arms showed in one window.

use serde::{Deserialize, Serialize};

/// More than this is no count of anything that a window can hold; sums of such windows stay finite.
const MOST: f64 = 1e15;

/// Exposure and bad events of both arms in one window: the four numbers that every comparison is made of.
///
/// Exposure is requests for a proportion, and whatever the rate is per (pod-seconds, requests) for a rate. Counts are
/// floats because Prometheus' `increase` gives fractions, and fractions are valid (judge 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
    /// n1: exposure of the canary.
    pub canary_exposure: f64,
    /// n0: exposure of stable.
    pub stable_exposure: f64,
    /// x1: bad events of the canary.
    pub canary_bad: f64,
    /// x0: bad events of stable.
    pub stable_bad: f64,
}

impl Counts {
    /// Exposure of canary and stable, then bad events of canary and stable.
    #[must_use]
    pub const fn new(canary_exposure: f64, stable_exposure: f64, canary_bad: f64, stable_bad: f64) -> Self {
        Self { canary_exposure, stable_exposure, canary_bad, stable_bad }
    }

    /// Whether the numbers can be counts at all: not negative, not infinite, not NaN, none above 1e15.
    #[must_use]
    pub fn are_numbers(&self) -> bool {
        self.as_array().iter().all(|number| (0.0..=MOST).contains(number))
    }

    /// Whether both arms had any exposure; a window without carries no evidence.
    #[must_use]
    pub fn both_exposed(&self) -> bool {
        self.canary_exposure > 0.0 && self.stable_exposure > 0.0
    }

    /// n1, n0, x1, x0.
    pub(crate) const fn as_array(&self) -> [f64; 4] {
        [self.canary_exposure, self.stable_exposure, self.canary_bad, self.stable_bad]
    }

    pub(crate) const fn from_array([n1, n0, x1, x0]: [f64; 4]) -> Self {
        Self::new(n1, n0, x1, x0)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.canary_exposure += other.canary_exposure;
        self.stable_exposure += other.stable_exposure;
        self.canary_bad += other.canary_bad;
        self.stable_bad += other.stable_bad;
    }

    /// Bad events of both arms.
    pub(crate) fn bad(&self) -> f64 {
        self.canary_bad + self.stable_bad
    }

    /// The canary's exposure, less what stable's own uncertainty takes away: all of it beside an endless stable, half
    /// of it beside an equal one.
    pub(crate) fn worth(&self) -> f64 {
        if self.both_exposed() { self.canary_exposure * (1.0 - self.share()) } else { 0.0 }
    }

    /// The canary's share of the exposure.
    pub(crate) fn share(&self) -> f64 {
        self.canary_exposure / (self.canary_exposure + self.stable_exposure)
    }

    /// The canary's bad events per exposure, if it had any exposure.
    pub(crate) fn canary_rate(&self) -> Option<f64> {
        (self.canary_exposure > 0.0).then(|| self.canary_bad / self.canary_exposure)
    }

    /// Stable's bad events per exposure, if it had any exposure.
    pub(crate) fn stable_rate(&self) -> Option<f64> {
        (self.stable_exposure > 0.0).then(|| self.stable_bad / self.stable_exposure)
    }
}
