//! The injected anti-affinity that keeps two versions on different nodes (spec rollout-reconcile 3.9).

use crd::{PodTemplate, ReplicaSet};

use crate::plan::Plan;
use crate::strategy::Strategy;

/// The template with the term that is due: while another version is the stable one, its pods' nodes are avoided.
pub(crate) fn wanted<S: Strategy>(plan: &Plan<'_, S>, hash: &str, template: &PodTemplate) -> PodTemplate {
    let stable = plan.stored().stable_rs.as_str();
    match plan.strategy.anti_affinity() {
        Some(wanted) if !stable.is_empty() && stable != hash => {
            template.with_anti_affinity(wanted, stable, &plan.rollout.metadata.namespace)
        }
        _ => template.without_injected_anti_affinity(),
    }
}

/// Whether the term names a version that is not the stable one any more, while the update goes on.
///
/// A promotion alone rewrites nothing: the term goes away with the next change of the ReplicaSet.
pub(crate) fn is_stale<S: Strategy>(plan: &Plan<'_, S>, set: &ReplicaSet) -> bool {
    plan.strategy.anti_affinity().is_some()
        && plan.stored().stable_rs != set.hash()
        && wanted(plan, set.hash(), &set.spec.template) != set.spec.template
}
