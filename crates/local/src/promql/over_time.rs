//! Functions that sum up the samples of one series within a range: `*_over_time`, `changes`, `resets`.

use std::cmp::Ordering;

use super::window::Window;

/// How often a counter restarted.
pub(super) fn resets(window: &Window<'_>) -> f64 {
    window.pairs().filter(|(before, after)| after < before).count() as f64
}

/// How often the value changed; from NaN to NaN is no change.
pub(super) fn changes(window: &Window<'_>) -> f64 {
    let changed = |(before, after): &(f64, f64)| {
        before.partial_cmp(after) != Some(Ordering::Equal) && !(before.is_nan() && after.is_nan())
    };
    window.pairs().filter(changed).count() as f64
}

/// Mean of the samples.
pub(super) fn avg(window: &Window<'_>) -> f64 {
    sum(window) / count(window)
}

/// Sum of the samples.
pub(super) fn sum(window: &Window<'_>) -> f64 {
    window.values().sum()
}

/// Number of samples.
pub(super) fn count(window: &Window<'_>) -> f64 {
    window.samples.len() as f64
}

/// Smallest sample; NaN only when all are.
pub(super) fn min(window: &Window<'_>) -> f64 {
    window.values().fold(f64::NAN, f64::min)
}

/// Largest sample; NaN only when all are.
pub(super) fn max(window: &Window<'_>) -> f64 {
    window.values().fold(f64::NAN, f64::max)
}

/// Newest sample.
pub(super) fn last(window: &Window<'_>) -> f64 {
    window.values().last().unwrap_or(f64::NAN)
}
