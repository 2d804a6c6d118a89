//! `histogram_quantile` over classic histograms: cumulative counts by upper bound in the label `le`.

use std::collections::BTreeMap;

use promql_parser::parser::Expr;

use super::eval::Evaluator;
use super::functions::arg;
use super::{Error, Labels, Sample, Value};

#[derive(Clone, Copy)]
struct Bucket {
    upper: f64,
    count: f64,
}

/// The estimated quantile of each histogram in the second argument.
pub(super) fn histogram_quantile(context: &Evaluator<'_>, args: &[Box<Expr>]) -> Result<Value, Error> {
    let q = context.scalar(arg(args, 0)?)?;
    let mut histograms: BTreeMap<Labels, Vec<Bucket>> = BTreeMap::new();
    for sample in context.vector(arg(args, 1)?)? {
        // A series without a readable bound is no bucket.
        if let Ok(upper) = sample.labels.get("le").parse() {
            let labels = sample.labels.without(&["le".to_owned()]);
            histograms.entry(labels).or_default().push(Bucket { upper, count: sample.value });
        }
    }
    let estimate = |(labels, buckets)| Sample { labels, value: quantile(q, buckets) };
    Ok(Value::Vector(histograms.into_iter().map(estimate).collect()))
}

/// Linear interpolation within the bucket where the rank falls; the last finite bound if that is the open one.
fn quantile(q: f64, buckets: Vec<Bucket>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&q) {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let buckets = cumulative(buckets);
    let [finite @ .., all] = buckets.as_slice() else {
        return f64::NAN;
    };
    let Some(widest) = finite.last() else {
        return f64::NAN;
    };
    if all.upper != f64::INFINITY || all.count == 0.0 || all.count.is_nan() {
        return f64::NAN;
    }
    let rank = q * all.count;
    let Some(at) = finite.iter().position(|bucket| bucket.count >= rank) else {
        return widest.upper;
    };
    let Some(bucket) = finite.get(at) else {
        return f64::NAN;
    };
    let below = at.checked_sub(1).and_then(|below| finite.get(below));
    match below {
        None if bucket.upper <= 0.0 => bucket.upper,
        None => bucket.upper * (rank / bucket.count),
        Some(below) => {
            let share = (rank - below.count) / (bucket.count - below.count);
            below.upper + (bucket.upper - below.upper) * share
        }
    }
}

/// Sorted by bound, equal bounds added up, and never falling: scrapes are not atomic, and rates of counters that
/// were read one after the other may seem to fall.
fn cumulative(mut buckets: Vec<Bucket>) -> Vec<Bucket> {
    buckets.sort_by(|a, b| a.upper.total_cmp(&b.upper));
    let mut merged: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match merged.last_mut() {
            Some(last) if last.upper.total_cmp(&bucket.upper).is_eq() => last.count += bucket.count,
            _ => merged.push(bucket),
        }
    }
    let mut most = f64::NEG_INFINITY;
    for bucket in &mut merged {
        most = most.max(bucket.count);
        bucket.count = most;
    }
    merged
}
