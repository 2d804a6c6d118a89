//! Kayenta's way of judging, for comparison and for teams that move over (judge 2.8): Mann-Whitney with an interval,
//! effect sizes, and scores.
//!
//! It looks at a metric's samples once, at a fixed size. Looking again and again raises its false alarms, and `Pass`
//! only says "not significant". The names and figures are those of its documentation and of R's `wilcox.test`; the
//! code is written from the definitions.

mod differences;
mod effect;
mod mann_whitney;
mod outliers;
mod rules;
mod score;
mod summary;

pub use effect::{cohen_d, common_language, mean_ratio};
pub use mann_whitney::{MannWhitney, Shift, mann_whitney, shift};
pub use outliers::{percentile, without_outliers};
pub use rules::{Because, Effect, Finding, Gaps, Limits, Measure, Rules, find};
pub use score::{Group, score};
pub use summary::{Decision, Scored, Summary, Tally, summary};

/// How a metric is classified.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Confidence of the interval, 0.98.
    pub confidence: f64,
    /// The interval must be this part of the estimate away from zero, 0.25.
    pub tolerance: f64,
    /// Which deviations count.
    pub direction: Direction,
}

/// Which deviations of the canary count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Higher ones.
    Increase,
    /// Lower ones.
    Decrease,
    /// Both.
    Either,
}

impl Default for Options {
    fn default() -> Self {
        Self { confidence: 0.98, tolerance: 0.25, direction: Direction::Either }
    }
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classification {
    /// Not significantly different.
    Pass,
    /// Significantly higher.
    High,
    /// Significantly lower.
    Low,
    /// An arm has no sample.
    NoData,
    /// An arm has no sample, and the metric must have data: it counts as a deviation does.
    NoDataFails,
}

/// Part of the value by which constant samples are spread, so that they can be ranked.
const SPREAD: f64 = 1e-5;

/// Classifies the canary's samples against the baseline's. Values that are no numbers are left out.
///
/// Kayenta adds random noise to two constant samples that differ. A verdict must not depend on dice, so they are
/// spread evenly by as much.
#[must_use]
pub fn classify(canary: &[f64], baseline: &[f64], options: &Options) -> Classification {
    let (mut canary, mut baseline) = (finite(canary), finite(baseline));
    if canary.is_empty() || baseline.is_empty() {
        return Classification::NoData;
    }
    if alike(&canary, &baseline) {
        return Classification::Pass;
    }
    let leaning = leaning(&mut canary, &mut baseline, options.confidence, options.tolerance);
    let ratio = mean_ratio(&canary, &baseline);
    let counts = |direction| options.direction == Direction::Either || options.direction == direction;
    // Comparisons with a ratio that is no number are false on purpose.
    match leaning {
        Some(Leaning::Higher) if ratio >= 1.0 && counts(Direction::Increase) => Classification::High,
        Some(Leaning::Lower) if ratio <= 1.0 && counts(Direction::Decrease) => Classification::Low,
        _ => Classification::Pass,
    }
}

/// Where the canary lies, significantly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaning {
    Higher,
    Lower,
}

/// Whether sorted samples are the same, or hold one value only.
fn alike(canary: &[f64], baseline: &[f64]) -> bool {
    canary == baseline || (constant(canary) && constant(baseline) && canary.first() == baseline.first())
}

/// Where the whole interval of the shift of sorted samples lies, if it is far enough from zero. Constant ones are
/// spread.
fn leaning(canary: &mut [f64], baseline: &mut [f64], confidence: f64, tolerance: f64) -> Option<Leaning> {
    if constant(canary) && constant(baseline) {
        spread(canary);
        spread(baseline);
    }
    let shift = shift(canary, baseline, confidence);
    let needed = tolerance * shift.estimate.abs();
    if shift.low > needed { Some(Leaning::Higher) } else { (shift.high < -needed).then_some(Leaning::Lower) }
}

/// Sorted, without what is no number.
fn finite(values: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn constant(sorted: &[f64]) -> bool {
    sorted.first() == sorted.last()
}

fn spread(values: &mut [f64]) {
    let middle = (values.len() as f64 - 1.0) / 2.0;
    for (at, value) in values.iter_mut().enumerate() {
        let scale = if *value == 0.0 { SPREAD } else { SPREAD * value.abs() };
        *value += scale * (at as f64 - middle) / middle.max(1.0);
    }
}
