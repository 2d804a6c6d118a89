//! The ReplicaSet of the current template: found, created, numbered (spec rollout-reconcile 3.3 to 3.5).

mod create;
mod sync;

use std::ops::ControlFlow;

use crd::{PodTemplate, ReplicaSet, hash, names};

use super::metadata;
use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;

pub(crate) use create::{create, with_type};
pub(crate) use sync::sync;

/// Finds the ReplicaSet of the current template: by hash label, else by equal template, oldest first.
pub(crate) fn find<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let template = &plan.rollout.spec.template;
    let sets = &plan.sets.all;
    let current = &plan.stored().current_pod_hash;
    // Mostly nothing changed: then neither hashing nor defaulting is needed.
    let unchanged = sets.iter().position(|set| set.hash() == current && written_alike(template, set));
    let new = unchanged.or_else(|| {
        let wanted = hash::pod_template(template, plan.stored().collision_count);
        let by_hash = sets.iter().position(|set| set.hash() == wanted);
        by_hash.or_else(|| sets.iter().position(|set| same_pods(template, set)))
    });
    plan.sets.assign(new, &plan.stored().stable_rs);
    ControlFlow::Continue(())
}

/// Whether the ReplicaSet runs the pods of `template`, apart from what the controller itself put into them.
fn same_pods(template: &PodTemplate, set: &ReplicaSet) -> bool {
    let theirs = metadata::without_ephemeral(set).without_injected_anti_affinity();
    template.semantically_equal(&theirs)
}

/// Whether the ReplicaSet's template is `template` to the letter, with the hash label on top.
fn written_alike(template: &PodTemplate, set: &ReplicaSet) -> bool {
    let theirs = &set.spec.template;
    let labels = theirs.metadata.labels.iter().filter(|(key, _)| *key != names::POD_TEMPLATE_HASH);
    theirs.spec.is_written_like(&template.spec)
        && theirs.metadata.annotations == template.metadata.annotations
        && labels.eq(&template.metadata.labels)
}
