//! The numbers of a metric as the reference reads them (spec analysis-01 2).

use std::time::Duration;

use crd::{IntOrString, Metric, duration};

/// An int-or-string as a number; text that is no number is 0.
pub(super) fn number(value: Option<&IntOrString>) -> Option<i32> {
    value.map(|value| match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => text.parse().unwrap_or(0),
    })
}

/// How many measurements are wanted; `None` is without end.
pub(super) fn count(metric: &Metric) -> Option<i32> {
    match number(metric.count.as_ref()).unwrap_or(0) {
        0 if metric.interval.is_empty() => Some(1),
        0 => None,
        count => Some(count),
    }
}

/// Tolerated bad measurements; `None` when the limit is off.
pub(super) fn failures(metric: &Metric) -> Option<i32> {
    Some(number(metric.failure_limit.as_ref()).unwrap_or(0)).filter(|limit| *limit >= 0)
}

/// Tolerated undecided measurements.
pub(super) fn inconclusive(metric: &Metric) -> i32 {
    number(metric.inconclusive_limit.as_ref()).unwrap_or(0)
}

/// Tolerated successive errors.
pub(super) fn errors(metric: &Metric) -> i32 {
    number(metric.consecutive_error_limit.as_ref()).unwrap_or(4)
}

/// Successive good measurements that end the metric; `None` when the limit is off.
pub(super) fn successes(metric: &Metric) -> Option<i32> {
    Some(number(metric.consecutive_success_limit.as_ref()).unwrap_or(0)).filter(|limit| *limit > 0)
}

/// A duration field; an empty or wrong one is none (a wrong one was refused before).
pub(super) fn wait(text: &str) -> Option<Duration> {
    if text.is_empty() { None } else { duration::parse(text).ok() }
}
