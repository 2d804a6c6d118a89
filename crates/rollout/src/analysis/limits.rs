//! The numbers of a metric, with their defaults (spec analysis-01 2).

use std::time::Duration;

use crd::{IntOrString, Metric, duration};
use jiff::Timestamp;

/// How long to wait after an error, and where no interval is given.
pub(super) const RETRY: Duration = Duration::from_secs(10);

/// A text that is no number counts as 0.
pub(super) fn number(value: Option<&IntOrString>) -> Option<i64> {
    value.map(|value| match value {
        IntOrString::Int(number) => i64::from(*number),
        IntOrString::String(text) => text.parse().unwrap_or(0),
    })
}

/// What a metric tolerates, and how often it is measured.
pub(super) struct Limits {
    /// Failed measurements; negative: any number.
    pub(super) failure: i64,
    /// Undecided measurements.
    pub(super) inconclusive: i64,
    /// Successive errors.
    pub(super) consecutive_error: i64,
    /// Successive good measurements that end it; 0: none.
    pub(super) consecutive_success: i64,
    /// Measurements wanted; `None`: for as long as the run lasts.
    pub(super) count: Option<i64>,
}

impl Limits {
    pub(super) fn of(metric: &Metric) -> Self {
        Self {
            failure: number(metric.failure_limit.as_ref()).unwrap_or(0),
            inconclusive: number(metric.inconclusive_limit.as_ref()).unwrap_or(0),
            consecutive_error: number(metric.consecutive_error_limit.as_ref()).unwrap_or(4),
            consecutive_success: number(metric.consecutive_success_limit.as_ref()).unwrap_or(0),
            count: match number(metric.count.as_ref()).unwrap_or(0) {
                0 if metric.interval.is_empty() => Some(1),
                0 => None,
                count => Some(count),
            },
        }
    }

    /// Whether as many were measured as were wanted.
    pub(super) fn reached(&self, measured: i32) -> bool {
        self.count.is_some_and(|count| i64::from(measured) >= count)
    }
}

/// Whether nothing in a metric says how often it is measured: it goes on until its run ends.
pub(crate) fn is_unbounded(metric: &Metric) -> bool {
    Limits::of(metric).count.is_none()
}

/// A moment after another; the end of time where there is none.
pub(super) fn after(moment: Timestamp, wait: Duration) -> Timestamp {
    moment.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

pub(super) fn interval(metric: &Metric) -> Option<Duration> {
    duration::parse(&metric.interval).ok()
}

pub(super) fn initial_delay(metric: &Metric) -> Option<Duration> {
    duration::parse(&metric.initial_delay).ok()
}
