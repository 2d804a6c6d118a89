//! What a metric judges, as far as it can be reckoned with: a share of requests and a limit.

use std::time::Duration;

use crd::{IntOrString, Metric, duration};
use expr::{Value, Verdict};
use serde::Serialize;

use crate::condition::{self, Arguments};
use crate::promql;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// Requests that fail, as a share of all.
    Errors,
    /// Requests that take longer than this many seconds, as a share of all: a quantile is above its limit when more
    /// than the rest is.
    SlowerThan(f64),
    /// Requests that are bad in whatever way, beside stable's.
    Worse,
    /// Requests that are slower than most of stable's, beside stable's.
    SlowerThanStable,
}

/// A metric that compares a share of requests with a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What is counted.
    pub what: What,
    /// The share from which a measurement fails, from 0 to 1.
    pub limit: f64,
    /// Time between measurements; zero for a single one.
    pub interval: Duration,
    /// How many measurements there are; `None` for as many as there is time for.
    pub count: Option<u32>,
    /// Bad measurements that are forgiven.
    pub failure_limit: u32,
    /// What one measurement looks back at.
    pub window: Duration,
}

/// Reads a metric; `None` when it compares something else, or the numbers do not say what.
pub fn judged(metric: &Metric, arguments: &Arguments) -> Option<Judged> {
    if condition::provider(metric) != "prometheus" {
        return None;
    }
    let text = condition::query(metric)?;
    let query = promql::read(text);
    let value = |x: f64| if query.scalar { Value::Float(x) } else { Value::floats([x]) };
    let good = |x: f64| condition::verdict(metric, arguments, &value(x)) == Verdict::Successful;
    let (what, limit) = if query.quantile {
        let quantile = quantile(text)?;
        let seconds = turning_point(&good, 3_600.0)?;
        (What::SlowerThan(seconds), 1.0 - quantile)
    } else if query.divides {
        (What::Errors, turning_point(&good, 1.0)?)
    } else {
        return None;
    };
    let number = |field: &Option<IntOrString>| match field {
        Some(IntOrString::Int(number)) => u32::try_from(*number).ok(),
        Some(IntOrString::String(text)) => condition::resolved(text, arguments).parse().ok(),
        None => None,
    };
    let interval = duration::parse(&metric.interval).unwrap_or_default();
    let single = interval.is_zero();
    Some(Judged {
        what,
        limit,
        interval,
        count: if single { Some(1) } else { number(&metric.count) },
        failure_limit: number(&metric.failure_limit).unwrap_or(0),
        window: query.windows.iter().map(|(window, _)| *window).min()?,
    })
}

/// Where the condition turns from good to bad between 0 and `most`.
fn turning_point(good: &dyn Fn(f64) -> bool, most: f64) -> Option<f64> {
    if !good(0.0) || good(most) {
        return None;
    }
    let (mut low, mut high) = (0.0, most);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if good(middle) { low = middle } else { high = middle }
    }
    Some(high)
}

/// The quantile that is asked for.
fn quantile(query: &str) -> Option<f64> {
    let inside = query.split_once("histogram_quantile(")?.1;
    inside.split(',').next()?.trim().parse().ok().filter(|quantile| (0.0..1.0).contains(quantile))
}
