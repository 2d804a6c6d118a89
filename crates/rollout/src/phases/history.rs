//! How many old ReplicaSets are kept (spec rollout-reconcile 3.6).

use std::ops::ControlFlow;

use crd::{Kind, ObjectMeta, ReplicaSet, names};

use crate::decision::Action;
use crate::plan::{Plan, Stop};
use crate::sets;
use crate::strategy::Strategy;

/// Old ReplicaSets that are kept when the spec does not say.
const DEFAULT_LIMIT: i32 = 10;

/// Deletes the oldest ReplicaSets beyond the limit, as far as they are empty, and the runs that belong to them.
pub(crate) fn limit<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let limit = plan.rollout.spec.revision_history_limit.unwrap_or(DEFAULT_LIMIT);
    let candidates: Vec<usize> = plan
        .sets
        .others()
        .filter(|index| {
            plan.sets.get(Some(*index)).is_some_and(|set| set.metadata.deletion_timestamp.is_none())
        })
        .collect();
    let surplus = candidates.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
    for index in candidates.into_iter().take(surplus) {
        let Some(set) = plan.sets.get(Some(index)).filter(|set| is_empty(set)) else { continue };
        let hash = set.hash().to_owned();
        let delete = Action::Delete {
            key: plan.key(Kind::REPLICA_SET, &set.metadata.name),
            uid: set.metadata.uid.clone(),
        };
        plan.act(delete);
        delete_runs_of(plan, &hash);
    }
    ControlFlow::Continue(())
}

fn is_empty(set: &ReplicaSet) -> bool {
    set.replicas() == 0 && set.status.replicas == 0 && sets::is_observed(set)
}

fn delete_runs_of<S: Strategy>(plan: &mut Plan<'_, S>, hash: &str) {
    let observed = plan.observed;
    let current = S::current_runs(plan.stored());
    let of_hash = |meta: &&ObjectMeta| meta.label(names::POD_TEMPLATE_HASH) == hash && !hash.is_empty();
    let runs = observed.analysis_runs.iter().map(|run| &run.metadata).filter(of_hash);
    for meta in runs.filter(|meta| !current.contains(&meta.name.as_str())) {
        let key = plan.key(Kind::ANALYSIS_RUN, &meta.name);
        plan.act(Action::Delete { key, uid: meta.uid.clone() });
    }
    for meta in observed.experiments.iter().map(|experiment| &experiment.metadata).filter(of_hash) {
        let key = plan.key(Kind::EXPERIMENT, &meta.name);
        plan.act(Action::Delete { key, uid: meta.uid.clone() });
    }
}
