//! When to look again (spec analysis-02 9).

use std::time::Duration;

use crd::{AnalysisPhase, AnalysisRunStatus, Metric};
use jiff::Timestamp;

use super::due::in_flight;
use super::limits::{self, Limits, RETRY};
use super::result;

/// A metric is due only after its wait has passed, so a look at that very second would find nothing.
const MOMENT: Duration = Duration::from_secs(1);

/// How long until the first metric is due; `None`: only something observed can bring news.
pub(super) fn next<'m>(
    metrics: impl Iterator<Item = &'m Metric>,
    status: &AnalysisRunStatus,
    now: Timestamp,
) -> Option<Duration> {
    let first = metrics.filter_map(|metric| at(metric, status, now)).min()?;
    let wait = first.duration_since(now).try_into().unwrap_or(Duration::ZERO);
    Some(if wait.is_zero() { MOMENT } else { wait })
}

fn at(metric: &Metric, status: &AnalysisRunStatus, now: Timestamp) -> Option<Timestamp> {
    let result = result(&status.metric_results, &metric.name);
    if result.and_then(|result| result.phase).is_some_and(AnalysisPhase::completed) {
        return None;
    }
    let Some((result, last)) = result.and_then(|result| Some((result, result.measurements.last()?))) else {
        let started = status.started_at.map_or(now, crd::Time::timestamp);
        return limits::initial_delay(metric).map(|delay| limits::after(started, delay));
    };
    if let Some(running) = in_flight(result) {
        return running.resume_at.map(crd::Time::timestamp);
    }
    let finished = last.finished_at?.timestamp();
    match last.phase {
        _ if Limits::of(metric).reached(result.count) => None,
        Some(AnalysisPhase::Error) => Some(limits::after(finished, RETRY)),
        _ => limits::interval(metric).map(|interval| limits::after(finished, interval)),
    }
}

#[cfg(test)]
mod vectors {
    use serde_json::json;

    use super::*;
    use crate::testing::Rows;

    #[test]
    fn a_delay_that_is_none_hides_no_other_metric() {
        let metrics: Vec<Metric> = serde_json::from_value(json!([
            {"name": "m1", "interval": "60s"}, {"name": "m2", "initialDelay": "40 s"},
        ]))
        .unwrap();
        let status: AnalysisRunStatus = serde_json::from_value(json!({
            "startedAt": "2026-01-31T12:00:00Z",
            "metricResults": [{"name": "m1", "phase": "Running", "count": 1,
                "measurements": [{"phase": "Successful", "finishedAt": "2026-01-31T12:00:00Z"}]}],
        }))
        .unwrap();
        let now: Timestamp = "2026-01-31T12:00:30Z".parse().unwrap();
        let mut rows = Rows::default();
        rows.row("AR-D20", next(metrics.iter(), &status, now), Some(Duration::from_secs(30)));
        rows.end();
    }
}
