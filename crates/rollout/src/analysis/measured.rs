//! How far a run has come, in words.

use crd::{AnalysisPhase, AnalysisRun, Metric, MetricResult};

use super::limits::Limits;
use super::result;

/// Such as `error-rate 3 of 5, latency 2 of 5 (1 failed)`.
pub(crate) fn measured(run: &AnalysisRun) -> String {
    let one = |metric: &Metric| one(metric, result(&run.status.metric_results, &metric.name));
    run.spec.metrics.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn one(metric: &Metric, result: Option<&MetricResult>) -> String {
    let count = result.map_or(0, |result| result.count);
    let mut text = match (result.and_then(|result| result.phase), Limits::of(metric).count) {
        (Some(phase), _) if phase.completed() => format!("{} {}", metric.name, phase.as_str()),
        (_, Some(wanted)) => format!("{} {count} of {wanted}", metric.name),
        (_, None) => format!("{} {count} so far", metric.name),
    };
    let outcomes = result.map_or([(0, ""); 3], |result| {
        [(result.failed, "failed"), (result.inconclusive, "inconclusive"), (result.error, "errors")]
    });
    let bad: Vec<String> = outcomes
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !bad.is_empty() && result.and_then(|result| result.phase) != Some(AnalysisPhase::Successful) {
        text = format!("{text} ({})", bad.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_tells_how_much_of_it_is_done_and_what_was_bad() {
        let run: AnalysisRun = crd::yaml::from_str(
            "
spec:
  metrics:
  - {name: errors, interval: 30s, count: 5}
  - {name: latency, interval: 30s}
  - {name: once}
  - {name: done, interval: 1s, count: 2}
status:
  metricResults:
  - {name: errors, phase: Running, count: 3, successful: 2, failed: 1, error: 2}
  - {name: latency, phase: Running, count: 7, successful: 7}
  - {name: done, phase: Successful, count: 2, successful: 1, failed: 1}
",
        )
        .unwrap();
        let text = "errors 3 of 5 (1 failed, 2 errors), latency 7 so far, once 0 of 1, done Successful";
        assert_eq!(measured(&run), text);
    }
}
