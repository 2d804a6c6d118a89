//! Which series, and which of their samples.

use std::time::{Duration, SystemTime};

use promql_parser::parser::{AtModifier, MatrixSelector, Offset, VectorSelector};

use super::eval::Evaluator;
use super::labels::NAME;
use super::storage::{LOOKBACK_MS, Samples, is_stale};
use super::{Error, Labels, Sample, Series};

/// The newest sample of each series within the lookback, unless the series ended.
pub(super) fn instant(context: &Evaluator<'_>, wanted: &VectorSelector) -> Result<Vec<Sample>, Error> {
    let at = moment(context.at, wanted);
    let found = select(context, wanted)?;
    let newest = found.filter_map(|(labels, samples)| {
        let until = samples.partition_point(|(time, _)| *time <= at);
        let (time, value) = *samples.get(until.checked_sub(1)?)?;
        let alive = time >= at - LOOKBACK_MS && !is_stale(value);
        alive.then(|| Sample { labels: labels.clone(), value })
    });
    Ok(newest.collect())
}

/// All samples of each series within the range.
pub(super) fn matrix(context: &Evaluator<'_>, wanted: &MatrixSelector) -> Result<Vec<Series>, Error> {
    let (start, end) = bounds(context.at, wanted);
    let found = select(context, &wanted.vs)?;
    let within = found.map(|(labels, samples)| {
        let from = samples.partition_point(|(time, _)| *time < start);
        let until = samples.partition_point(|(time, _)| *time <= end).max(from);
        let samples = samples.range(from..until).copied().filter(|(_, value)| !is_stale(*value)).collect();
        Series { labels: labels.clone(), samples }
    });
    Ok(within.filter(|series| !series.samples.is_empty()).collect())
}

/// First and last moment of a range selector, both included.
pub(super) fn bounds(at: i64, wanted: &MatrixSelector) -> (i64, i64) {
    let end = moment(at, &wanted.vs);
    (end.saturating_sub(millis(wanted.range)), end)
}

fn select<'a>(
    context: &Evaluator<'a>,
    wanted: &VectorSelector,
) -> Result<impl Iterator<Item = (&'a Labels, &'a Samples)>, Error> {
    if !wanted.matchers.or_matchers.is_empty() {
        return Err(Error::unsupported("`or` between label matchers"));
    }
    let matches = |labels: &Labels| {
        let named = wanted.name.as_deref().is_none_or(|name| labels.get(NAME) == name);
        named && wanted.matchers.matchers.iter().all(|matcher| matcher.is_match(labels.get(&matcher.name)))
    };
    Ok(context.data.series.iter().filter(move |(labels, _)| matches(labels)))
}

fn moment(at: i64, wanted: &VectorSelector) -> i64 {
    let at = match wanted.at {
        Some(AtModifier::At(time)) => since_epoch(time),
        // An instant query starts and ends at its one moment.
        Some(AtModifier::Start | AtModifier::End) | None => at,
    };
    match wanted.offset {
        None => at,
        Some(Offset::Pos(offset)) => at.saturating_sub(millis(offset)),
        Some(Offset::Neg(offset)) => at.saturating_add(millis(offset)),
    }
}

fn since_epoch(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
