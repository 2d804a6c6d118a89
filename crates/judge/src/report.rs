//! Everything that a verdict rests on, for people and for machines.

pub(crate) mod words;

use crate::interval::Interval;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A verdict with its reasons. Every number in it was computed from the windows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What can be said.
    pub verdict: Verdict,
    /// Windows told so far.
    pub windows: u64,
    /// Evidence against the release: "180" reads "180 : 1". May be infinite.
    pub odds: f64,
    /// The odds that fail it.
    pub fails_at: f64,
    /// The always-valid p-value for "no worse than the fail margin".
    pub p_value: f64,
    /// The window in which it failed, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_in_window: Option<u64>,
    /// Evidence against the release in that window. None for a burn rate, which is a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at_odds: Option<f64>,
    /// What failed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub culprit: Option<Culprit>,
    /// Each metric, in each region.
    pub metrics: Vec<MetricReport>,
}

/// What failed a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Culprit {
    /// The metric with the most evidence.
    pub metric: String,
    /// The region with the most; empty when it shows most clearly in all of them together, or there is but one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Its own odds in the window in which it failed; none for a burn rate, which is a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub odds: Option<f64>,
    /// The burn rate that was reached then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burn: Option<Burn>,
}

/// A number and the interval at 95 %, which holds at all times at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The number: the average since start.
    pub point: f64,
    /// Where it is, in 95 of 100 releases, however often one looks.
    pub interval: Interval,
}

/// Between which bucket edges a quantile lies, in each arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantile {
    /// Which one, 0.99 for p99.
    pub q: f64,
    /// The canary's.
    pub canary: Option<Interval>,
    /// Stable's.
    pub stable: Option<Interval>,
}

/// The smallest regression that a metric would have failed by now, had there been one from the start.
///
/// It follows from the exposure of both arms so far, from stable's rate, and from what evidence it takes to fail the
/// release by this metric alone: its weight, the margin `failAbove`, the dispersion that is reckoned with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Detectable {
    /// The edge of a latency: rates are shares of requests beyond it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge: Option<f64>,
    /// The canary's rate; none while there is none that is sure to have been found: too few requests, or too few windows.
    pub rate: Option<f64>,
    /// That rate over stable's; none while stable has no bad event.
    pub ratio: Option<f64>,
    /// The probability with which it would have been found.
    pub power: f64,
}

/// What is missing to a pass, if all goes on as it did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Missing {
    /// Windows.
    pub windows: f64,
    /// Canary exposure.
    pub exposure: f64,
    /// Seconds at this traffic.
    pub seconds: f64,
}

/// A number of each arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Both {
    /// The canary's.
    pub canary: f64,
    /// Stable's.
    pub stable: f64,
}

/// A burn rate that is reached: so many times the budget over both windows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Burn {
    /// How many times as fast as the objective allows breaks the rule.
    pub factor: f64,
    /// The long window, in seconds.
    pub long_seconds: u64,
    /// The short one, in seconds.
    pub short_seconds: u64,
    /// How many times as fast as the objective allows the budget burns over the long window.
    pub long_factor: f64,
    /// Over the short one.
    pub short_factor: f64,
    /// Seconds of the long window that there is anything of.
    pub seen_seconds: f64,
}

/// A burn rate of which nothing can be said: too little is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsure {
    /// The rate, and how fast the budget burns in its windows.
    #[serde(flatten)]
    pub burn: Burn,
    /// Whether that is as fast as breaks the rule.
    pub is_reached: bool,
    /// Bad events in the long window.
    pub bad: f64,
    /// So many it takes.
    pub least_bad: f64,
    /// Requests in the short window.
    pub exposure: f64,
    /// So many it takes, in either window: `minRequests`.
    pub least_exposure: f64,
}

/// A burn rate that is not judged yet: its short window has not been read in full.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Awaited {
    /// How many times as fast as the objective allows breaks the rule.
    pub factor: f64,
    /// The long window, in seconds.
    pub long_seconds: u64,
    /// The short one, in seconds.
    pub short_seconds: u64,
    /// Seconds of readings until it is judged.
    pub waits_seconds: f64,
}

/// When and by what a metric failed the release.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The window, counted from 1.
    pub window: u64,
    /// The metric's odds then; none for a burn rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub odds: Option<f64>,
    /// The burn rate that was reached then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burn: Option<Burn>,
}

/// One metric in one region.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricReport {
    /// Its name.
    pub name: String,
    /// Where; empty when there are no regions.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// What it counts.
    pub kind: String,
    /// Whether bad ones are among the exposure, so that rates are shares.
    pub proportion: bool,
    /// Its part in the decision; 0 advises only.
    pub weight: f64,
    /// The verdict on it alone. Of the metric that failed the release it stays a fail.
    pub verdict: Verdict,
    /// Usable windows, and how long they were together.
    pub windows: u32,
    /// Seconds of usable windows.
    pub seconds: f64,
    /// Exposure.
    pub exposure: Option<Both>,
    /// Bad events.
    pub bad: Option<Both>,
    /// Bad per exposure.
    pub canary_rate: Option<f64>,
    /// Bad per exposure.
    pub stable_rate: Option<f64>,
    /// Canary minus stable, weighted by the canary's exposure.
    pub difference: Option<Estimate>,
    /// Canary over stable.
    pub ratio: Option<Estimate>,
    /// Quantiles of a latency.
    pub quantiles: Vec<Quantile>,
    /// The edges at which a latency is judged.
    pub edges: Vec<f64>,
    /// The means of a gauge over the usable windows.
    pub means: Option<Both>,
    /// The bounds of a gauge.
    pub bounds: Option<Interval>,
    /// How many windows of a gauge are merged into one.
    pub merged: Option<u32>,
    /// The number that the canary is held against.
    pub limit: Option<f64>,
    /// Evidence that the canary is worse.
    pub odds_worse: f64,
    /// Evidence that it is not.
    pub odds_not_worse: f64,
    /// The odds for worse that fail a release of this metric alone.
    pub fails_at: f64,
    /// The odds for not worse that pass.
    pub passes_at: f64,
    /// How many bad events come together, as measured; 1 is singly.
    pub dispersion: Option<f64>,
    /// As configured, where it is: evidence is reckoned with this, and otherwise with what is measured.
    pub dispersion_set: Option<f64>,
    /// The smallest regression that would have been found by now: one for each edge of a latency, one for a proportion
    /// or a rate. Empty where no formula tells it: before the first usable window, for a gauge, a limit or a burn rate,
    /// and with `robust`, which counts windows.
    pub detectable: Vec<Detectable>,
    /// What is missing to a pass.
    pub missing: Option<Missing>,
    /// Which arm shows nothing.
    pub absent: Option<String>,
    /// Windows that were no evidence, by reason.
    pub dropped: BTreeMap<String, u32>,
    /// The burn rate that is reached now.
    pub breached: Option<Burn>,
    /// The burn rate that keeps it from a verdict, where too little is behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsure: Option<Unsure>,
    /// Burn rates that are not judged yet.
    pub awaited: Vec<Awaited>,
    /// When it failed the release, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failure>,
}
