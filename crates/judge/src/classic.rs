//! Kayenta's way of judging, for comparison and for teams that move over (judge 2.8): Mann-Whitney with an interval,
//! effect sizes, and scores.
//!
//! It looks at a metric's samples once, at a fixed size. Looking again and again raises its false alarms, and `Pass`
//! only says "not significant". The names and figures are those of its documentation and of R's `wilcox.test`; the
//! code is written from the definitions.

mod differences;
mod effect;
mod mann_whitney;
mod score;

pub use effect::{cohen_d, common_language, mean_ratio};
pub use mann_whitney::{MannWhitney, Shift, mann_whitney, shift};
pub use score::{Group, score};

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
    if canary == baseline || (constant(&canary) && constant(&baseline) && canary.first() == baseline.first())
    {
        return Classification::Pass;
    }
    if constant(&canary) && constant(&baseline) {
        spread(&mut canary);
        spread(&mut baseline);
    }
    let shift = shift(&canary, &baseline, options.confidence);
    let ratio = mean_ratio(&canary, &baseline);
    let needed = options.tolerance * shift.estimate.abs();
    let counts = |direction| options.direction == Direction::Either || options.direction == direction;
    // Comparisons with a ratio that is no number are false on purpose.
    if shift.low > needed && ratio >= 1.0 && counts(Direction::Increase) {
        Classification::High
    } else if shift.high < -needed && ratio <= 1.0 && counts(Direction::Decrease) {
        Classification::Low
    } else {
        Classification::Pass
    }
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
