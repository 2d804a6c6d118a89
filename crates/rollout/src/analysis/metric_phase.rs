//! Where one metric stands (spec analysis-02 5).

use crd::{AnalysisPhase, Metric, MetricResult};

use super::due::in_flight;
use super::limits::Limits;

/// The limit that a metric has passed, with the words for it; the last that was passed counts.
pub(super) fn passed_limit(limits: &Limits, result: &MetricResult) -> Option<(AnalysisPhase, String)> {
    let rows = [
        (limits.failure >= 0, AnalysisPhase::Failed, "failed", result.failed, "failureLimit", limits.failure),
        (
            true,
            AnalysisPhase::Inconclusive,
            "inconclusive",
            result.inconclusive,
            "inconclusiveLimit",
            limits.inconclusive,
        ),
        (
            true,
            AnalysisPhase::Error,
            "consecutiveErrors",
            result.consecutive_error,
            "consecutiveErrorLimit",
            limits.consecutive_error,
        ),
    ];
    let passed =
        rows.into_iter().rev().find(|(applies, _, _, n, _, limit)| *applies && i64::from(*n) > *limit);
    passed.map(|(_, phase, what, n, name, limit)| (phase, format!("{what} ({n}) > {name} ({limit})")))
}

/// The phase of a metric that has a result.
pub(super) fn assess(metric: &Metric, result: &MetricResult, terminating: bool) -> AnalysisPhase {
    if let Some(phase) = result.phase.filter(|phase| phase.completed()) {
        return phase;
    }
    if result.measurements.is_empty() {
        return if terminating { AnalysisPhase::Successful } else { AnalysisPhase::Pending };
    }
    if in_flight(result).is_some() {
        return AnalysisPhase::Running;
    }
    let limits = Limits::of(metric);
    if let Some((phase, _)) = passed_limit(&limits, result) {
        return phase;
    }
    let wants_successes = limits.consecutive_success > 0;
    if wants_successes && i64::from(result.consecutive_success) >= limits.consecutive_success {
        return AnalysisPhase::Successful;
    }
    match (limits.reached(result.count), wants_successes) {
        (true, true) if limits.failure >= 0 => AnalysisPhase::Inconclusive,
        (true, true) => AnalysisPhase::Failed,
        (true, false) => AnalysisPhase::Successful,
        (false, _) if terminating => AnalysisPhase::Successful,
        (false, _) => AnalysisPhase::Running,
    }
}
