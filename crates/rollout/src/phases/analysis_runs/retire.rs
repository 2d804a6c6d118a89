//! Runs that are not current any more: cancelled, then kept for a while as history (spec analysis-01 10).

use crd::{AnalysisRun, Kind};

use super::super::finished;
use super::cancel;
use crate::decision::Action;
use crate::plan::Plan;
use crate::strategy::Strategy;

/// Ends every run that is not `kept`, and deletes the oldest beyond the limits.
pub(crate) fn others<S: Strategy>(plan: &mut Plan<'_, S>, kept: &[String]) {
    let observed = plan.observed;
    let runs = observed.analysis_runs.iter().map(AsRef::as_ref);
    let others: Vec<&AnalysisRun> = runs.filter(|run| !kept.contains(&run.metadata.name)).collect();
    for run in &others {
        cancel(plan, run);
    }
    let others = others.into_iter().map(|run| (&run.metadata, run.status.phase)).collect();
    for meta in finished::surplus(plan, others) {
        let key = plan.key(Kind::ANALYSIS_RUN, &meta.name);
        plan.act(Action::Delete { key, uid: meta.uid.clone() });
    }
}
