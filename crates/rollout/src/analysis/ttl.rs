//! When a finished run goes away (spec analysis-02 8).

use crd::{AnalysisPhase, AnalysisRun};
use jiff::Timestamp;

/// Whole seconds until this finished run is to be deleted; negative or 0: now. `None`: it stays.
pub(super) fn left(run: &AnalysisRun, now: Timestamp) -> Option<i64> {
    let strategy = run.spec.ttl_strategy.as_ref()?;
    let completed = run.status.completed_at.filter(|_| run.metadata.deletion_timestamp.is_none())?;
    let own = match run.status.phase? {
        AnalysisPhase::Successful => strategy.seconds_after_success,
        AnalysisPhase::Failed => strategy.seconds_after_failure,
        _ => None,
    };
    let limit = i64::from(own.or(strategy.seconds_after_completion)?);
    let passed = now.as_second() - completed.timestamp().as_second();
    // The limit itself is still kept; a second later the run goes.
    Some(limit + 1 - passed)
}
