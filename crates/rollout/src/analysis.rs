//! AnalysisRuns: what to measure now, and what the readings mean (spec analysis-02).
//!
//! One pass of an adapter: [`due`] says what to ask; [`Ask::fill`] puts secrets in; a metric system reads; [`assess`]
//! judges everything read and gives the new status; [`status_patch`] is what to write. Conditions are judged here and
//! nowhere else.
//!
//! One deviation from the reference, invariant I9: a run of which no measurement was successful does not end
//! Successful, however generous its limits are; it ends Inconclusive and says so. The reference promotes a version of
//! which it knows nothing but failures and errors. Runs that were terminated and runs of dry-run metrics alone end as
//! in the reference; the annotation [`ACCEPT_NO_SUCCESS`] restores its behaviour for one run or the runs of one Rollout,
//! [`Settings::accept_no_success`](crate::Settings::accept_no_success) for all.

mod arguments;
mod assess;
mod compare;
mod due;
mod limits;
mod measured;
mod metric_phase;
mod next;
mod prepare;
mod reading;
mod record;
mod run_phase;
mod size;
mod text;
mod ttl;
mod validate;

pub(crate) use arguments::resolve;
pub use assess::{RunDecision, Trimmed, assess, status_patch};
pub(crate) use compare::{HandedOver, hand_over};
pub use compare::{MAX_WAIT as COMPARES_FOR, NAME as COMPARES, comparison, counts_by_window};
pub use due::{Ask, Filled, How, due, due_or_over};
pub(crate) use limits::is_unbounded;
pub(crate) use measured::measured;
pub use prepare::is_dry_run;
pub use reading::{Outcome, Reading};
pub use run_phase::ACCEPT_NO_SUCCESS;
pub(crate) use run_phase::inherited;
pub(crate) use text::substitute;
pub use validate::validate;

use crd::{AnalysisPhase, AnalysisRun, MetricResult};

/// Finished AnalysisRuns of a Rollout that are kept for each way to end, when its spec does not say (spec analysis-01 10).
pub const RUNS_KEPT: i32 = 5;

/// What was found of a metric so far.
fn result<'r>(results: &'r [MetricResult], name: &str) -> Option<&'r MetricResult> {
    results.iter().find(|result| result.name == name)
}

/// Whether a run is to end: nothing new starts, what runs is terminated.
fn terminating(run: &AnalysisRun) -> bool {
    let ended_badly = |result: &MetricResult| {
        let bad = result.phase.is_some_and(|phase| phase.completed() && phase != AnalysisPhase::Successful);
        bad && !result.dry_run
    };
    run.spec.terminate || run.status.metric_results.iter().any(ended_badly)
}
