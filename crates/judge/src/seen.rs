//! How much was seen of a metric in a region, and what was dropped.

use crate::counts::Counts;
use crate::exact;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// No more different reasons than these are kept, so that the state stays small.
const REASONS: usize = 8;
/// What further reasons are counted under.
const OTHER: &str = "other reasons";

/// The bookkeeping of one metric in one region.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seen {
    /// Usable windows since the release began, and since the weight changed.
    pub(crate) windows: u32,
    pub(crate) step_windows: u32,
    /// n1, n0, x1, x0 of usable windows.
    #[serde(with = "exact::array")]
    sums: [f64; 4],
    /// What the canary would have shown with stable's rate of each window.
    #[serde(with = "exact::one")]
    expected: f64,
    /// What the exposures of the windows were worth ([`Counts::worth`]). A state of before this was kept has none.
    #[serde(default, with = "exact::one")]
    worth: f64,
    /// Canary exposure since the weight changed.
    #[serde(with = "exact::one")]
    pub(crate) step_exposure: f64,
    #[serde(with = "exact::one")]
    pub(crate) seconds: f64,
    canary: Arm,
    stable: Arm,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dropped: BTreeMap<String, u32>,
}

/// When an arm last showed something.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Arm {
    ever: bool,
    /// Windows in a row without any exposure.
    silent: u32,
}

impl Arm {
    fn observe(&mut self, exposed: bool) {
        self.ever |= exposed;
        self.silent = if exposed { 0 } else { self.silent.saturating_add(1) };
    }

    fn there(&self, no_data_after: u32) -> bool {
        self.ever && self.silent < no_data_after
    }
}

impl Seen {
    /// Whether each arm had any exposure in this window.
    pub(crate) fn presence(&mut self, canary: bool, stable: bool) {
        self.canary.observe(canary);
        self.stable.observe(stable);
    }

    /// A window is no evidence, and why.
    pub(crate) fn drop(&mut self, why: &str) {
        let known = self.dropped.contains_key(why) || self.dropped.len() < REASONS;
        *self.dropped.entry(if known { why } else { OTHER }.to_owned()).or_default() += 1;
    }

    /// A window is evidence.
    pub(crate) fn count(&mut self, counts: &Counts, expected: f64, worth: f64, seconds: f64) {
        self.windows = self.windows.saturating_add(1);
        self.step_windows = self.step_windows.saturating_add(1);
        let mut sums = self.totals();
        sums.add(counts);
        self.sums = sums.as_array();
        self.expected += expected;
        self.worth += worth;
        self.step_exposure += counts.canary_exposure;
        self.seconds += seconds.max(0.0);
    }

    pub(crate) fn begin_step(&mut self) {
        self.step_windows = 0;
        self.step_exposure = 0.0;
    }

    /// Sums over all usable windows.
    pub(crate) const fn totals(&self) -> Counts {
        Counts::from_array(self.sums)
    }

    /// What the exposures were worth, window by window.
    pub(crate) const fn worth(&self) -> f64 {
        self.worth
    }

    /// The difference of the rates, averaged over the canary's exposure: pooled counts would mix up what the steps of
    /// a release do with what stable does meanwhile (Simpson; judge 2.7).
    pub(crate) fn difference(&self) -> Option<f64> {
        let totals = self.totals();
        (totals.canary_exposure > 0.0).then(|| (totals.canary_bad - self.expected) / totals.canary_exposure)
    }

    /// Whether the arms show something. `both` is false for metrics that look at the canary alone.
    pub(crate) fn there(&self, no_data_after: u32, both: bool) -> bool {
        self.canary.there(no_data_after) && (!both || self.stable.there(no_data_after))
    }

    /// In words, which arm shows nothing.
    pub(crate) fn absent(&self, no_data_after: u32, both: bool) -> Option<&'static str> {
        let canary = self.canary.there(no_data_after);
        let stable = !both || self.stable.there(no_data_after);
        match (canary, stable) {
            (true, true) => None,
            (false, true) => Some("the canary shows nothing"),
            (true, false) => Some("stable shows nothing"),
            (false, false) => Some("neither canary nor stable shows anything"),
        }
    }
}
