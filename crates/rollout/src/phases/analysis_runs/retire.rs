//! Runs that are not current any more: cancelled, then kept for a while as history (spec analysis-01 10).

use std::cmp::Reverse;

use crd::{AnalysisPhase, AnalysisRun, Kind, names};

use super::cancel;
use crate::decision::Action;
use crate::plan::Plan;
use crate::strategy::Strategy;

/// Finished runs that are kept of either kind when the spec does not say.
const DEFAULT_LIMIT: i32 = 5;

/// Ends every run that is not `kept`, and deletes the oldest beyond the limits.
pub(crate) fn others<S: Strategy>(plan: &mut Plan<'_, S>, kept: &[String]) {
    let observed = plan.observed;
    let mut others: Vec<&AnalysisRun> = observed
        .analysis_runs
        .iter()
        .map(AsRef::as_ref)
        .filter(|run| !kept.contains(&run.metadata.name))
        .collect();
    for run in &others {
        cancel(plan, run);
    }
    others.sort_by_key(|run| Reverse(run.metadata.creation_timestamp));
    let limits = plan.rollout.spec.analysis.clone().unwrap_or_default();
    let mut good = Budget::new(limits.successful_run_history_limit);
    let mut bad = Budget::new(limits.unsuccessful_run_history_limit);
    for run in others.into_iter().filter(|run| run.metadata.deletion_timestamp.is_none()) {
        let surplus = !belongs_to_a_revision(plan, run)
            || match run.status.phase {
                Some(AnalysisPhase::Successful) => good.is_spent(),
                Some(AnalysisPhase::Failed | AnalysisPhase::Error | AnalysisPhase::Inconclusive) => {
                    bad.is_spent()
                }
                Some(AnalysisPhase::Pending | AnalysisPhase::Running) | None => false,
            };
        if surplus {
            let key = plan.key(Kind::ANALYSIS_RUN, &run.metadata.name);
            plan.act(Action::Delete { key, uid: run.metadata.uid.clone() });
        }
    }
}

/// How many more runs may stay.
struct Budget(i32);

impl Budget {
    fn new(limit: Option<i32>) -> Self {
        Self(limit.unwrap_or(DEFAULT_LIMIT))
    }

    /// Takes one from the budget; tells whether there was none left.
    fn is_spent(&mut self) -> bool {
        let spent = self.0 <= 0;
        self.0 = self.0.saturating_sub(1);
        spent
    }
}

fn belongs_to_a_revision<S: Strategy>(plan: &Plan<'_, S>, run: &AnalysisRun) -> bool {
    let hash = run.metadata.label(names::POD_TEMPLATE_HASH);
    let alive = |set: &crd::ReplicaSet| set.hash() == hash && set.metadata.deletion_timestamp.is_none();
    !hash.is_empty() && plan.sets.all.iter().any(|set| alive(set))
}
