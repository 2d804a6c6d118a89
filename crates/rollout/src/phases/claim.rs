//! Which ReplicaSets belong to the Rollout (spec rollout-reconcile 3.1).

use std::ops::ControlFlow;
use std::sync::Arc;

use crd::{Kind, LabelSelector, OwnerReference, ReplicaSet, Rollout};
use serde_json::json;

use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;

/// Keeps what the Rollout controls and its selector matches, adopts orphans that match, releases the rest.
pub(crate) fn replica_sets<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let rollout = Arc::clone(&plan.rollout);
    let everything = LabelSelector::default();
    let selector = rollout.spec.selector.as_ref().unwrap_or(&everything);
    let observed = plan.observed;
    for set in &observed.replica_sets {
        let matches = selector.matches(&set.metadata.labels);
        match set.metadata.controller() {
            Some(owner) if owner.uid != rollout.metadata.uid => {}
            Some(_) if matches => plan.sets.all.push(Arc::clone(set)),
            Some(_) => {
                let owners = set.metadata.owner_references.iter();
                let owners = owners.filter(|owner| owner.uid != rollout.metadata.uid).cloned().collect();
                write_owners(plan, set, owners);
            }
            None if matches && set.metadata.deletion_timestamp.is_none() => {
                let mut owners = set.metadata.owner_references.clone();
                owners.push(controlled_by(&rollout));
                let adopted = write_owners(plan, set, owners);
                plan.sets.all.push(adopted);
            }
            None => {}
        }
    }
    ControlFlow::Continue(())
}

/// Writes the owners of this incarnation of `set`: with another uid the API server refuses.
fn write_owners<S: Strategy>(
    plan: &mut Plan<'_, S>,
    set: &ReplicaSet,
    owners: Vec<OwnerReference>,
) -> Arc<ReplicaSet> {
    let key = plan.key(Kind::REPLICA_SET, &set.metadata.name);
    plan.merge(key, json!({"metadata": {"uid": set.metadata.uid, "ownerReferences": owners}}));
    let mut set = set.clone();
    set.metadata.owner_references = owners;
    Arc::new(set)
}

/// The owner reference of everything that a Rollout creates.
pub(crate) fn controlled_by(rollout: &Rollout) -> OwnerReference {
    OwnerReference {
        api_version: Kind::ROLLOUT.api_version().into_owned(),
        kind: Kind::ROLLOUT.kind.into_owned(),
        name: rollout.metadata.name.clone(),
        uid: rollout.metadata.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}
