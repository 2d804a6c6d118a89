//! Which finished AnalysisRuns and Experiments are kept (spec analysis-01 10, experiment-02 3).

use std::cmp::Reverse;

use crd::{AnalysisPhase, ObjectMeta, ReplicaSet, names};

use crate::analysis::RUNS_KEPT;
use crate::plan::Plan;
use crate::strategy::Strategy;

/// Those of `all` that go: they belong to no revision, or there are enough newer ones that ended like them.
pub(super) fn surplus<'a, S: Strategy>(
    plan: &Plan<'_, S>,
    mut all: Vec<(&'a ObjectMeta, Option<AnalysisPhase>)>,
) -> Vec<&'a ObjectMeta> {
    all.sort_by_key(|(meta, _)| Reverse(meta.creation_timestamp));
    let limits = plan.rollout.spec.analysis.clone().unwrap_or_default();
    let mut good = Budget::new(limits.successful_run_history_limit);
    let mut bad = Budget::new(limits.unsuccessful_run_history_limit);
    let goes = |(meta, phase): &(&ObjectMeta, Option<AnalysisPhase>)| {
        !belongs_to_a_revision(plan, meta)
            || match phase {
                Some(AnalysisPhase::Successful) => good.is_spent(),
                Some(AnalysisPhase::Failed | AnalysisPhase::Error | AnalysisPhase::Inconclusive) => {
                    bad.is_spent()
                }
                Some(AnalysisPhase::Pending | AnalysisPhase::Running) | None => false,
            }
    };
    let alive = all.into_iter().filter(|(meta, _)| meta.deletion_timestamp.is_none());
    alive.filter(goes).map(|(meta, _)| meta).collect()
}

/// How many more may stay.
struct Budget(i32);

impl Budget {
    fn new(limit: Option<i32>) -> Self {
        Self(limit.unwrap_or(RUNS_KEPT))
    }

    /// Takes one from the budget; tells whether there was none left.
    fn is_spent(&mut self) -> bool {
        let spent = self.0 <= 0;
        self.0 = self.0.saturating_sub(1);
        spent
    }
}

fn belongs_to_a_revision<S: Strategy>(plan: &Plan<'_, S>, meta: &ObjectMeta) -> bool {
    let hash = meta.label(names::POD_TEMPLATE_HASH);
    let alive = |set: &ReplicaSet| set.hash() == hash && set.metadata.deletion_timestamp.is_none();
    !hash.is_empty() && plan.sets.all.iter().any(|set| alive(set))
}
