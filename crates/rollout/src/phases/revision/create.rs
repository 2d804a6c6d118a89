//! A new revision.

use std::ops::ControlFlow;

use crd::{Kind, LabelSelector, ObjectMeta, ReplicaSet, ReplicaSetSpec, hash, names};
use serde_json::Value;

use super::super::{claim, metadata};
use crate::decision::Action;
use crate::plan::{Plan, Stop};
use crate::status::conditions;
use crate::strategy::Strategy;
use crate::{anti_affinity, events};

/// Annotations of a Rollout that its ReplicaSets do not inherit.
pub(super) const NOT_COPIED: [&str; 5] =
    [names::LAST_APPLIED, names::REVISION, names::REVISION_HISTORY, names::DESIRED_REPLICAS, names::NOTIFIED];

/// Creates the ReplicaSet of a template that has none, without pods, and ends the pass.
///
/// A name that somebody else holds is an observation: the collision count rises, and the next pass uses another hash.
pub(crate) fn create<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    if plan.sets.new.is_some() {
        return ControlFlow::Continue(());
    }
    let set = new_set(plan);
    if plan.observed.same_name.as_ref().is_some_and(|other| other.metadata.name == set.metadata.name) {
        let count = plan.stored().collision_count.unwrap_or(0);
        plan.status.collision_count = Some(count.saturating_add(1));
        plan.because("revision.collision", format!("ReplicaSet name {} is taken", set.metadata.name));
        return ControlFlow::Break(Stop::WriteAsIs);
    }
    let name = set.metadata.name.clone();
    let revision = plan.sets.highest_old_revision() + 1;
    let key = plan.key(Kind::REPLICA_SET, &name);
    plan.act(Action::Create { key, object: with_type(&Kind::REPLICA_SET, &set) });
    set_rollout_revision(plan, revision);
    plan.tell(events::normal(
        events::NEW_REPLICA_SET_CREATED,
        format!("Created ReplicaSet {name} (revision {revision})"),
    ));
    let message = format!("Created new replica set \"{name}\"");
    let condition = conditions::progressing("True", conditions::NEW_REPLICA_SET, &message, plan.time());
    conditions::set(&mut plan.status, condition);
    ControlFlow::Break(Stop::WriteAsIs)
}

/// Writes the revision annotation of the Rollout, and tells of it.
pub(super) fn set_rollout_revision<S: Strategy>(plan: &mut Plan<'_, S>, revision: i64) {
    let revision = revision.to_string();
    if plan.rollout.metadata.annotation(names::REVISION) == Some(&revision) {
        return;
    }
    plan.annotate_rollout(names::REVISION, &revision);
    plan.tell(events::normal(events::ROLLOUT_UPDATED, format!("Rollout updated to revision {revision}")));
}

fn new_set<S: Strategy>(plan: &Plan<'_, S>) -> ReplicaSet {
    let rollout = &plan.rollout;
    let hash = hash::pod_template(&rollout.spec.template, plan.stored().collision_count);
    let labelled = (names::POD_TEMPLATE_HASH.to_owned(), hash.clone());
    let mut selector: LabelSelector = rollout.spec.selector.clone().unwrap_or_default();
    selector.match_labels.extend([labelled.clone()]);
    let mut template = rollout.spec.template.clone();
    let mut labels = template.metadata.labels.clone();
    labels.extend([labelled.clone()]);
    template.metadata.labels.extend([labelled]);
    template = anti_affinity::wanted(plan, &hash, &template);
    let mut annotations = rollout.metadata.annotations.clone();
    annotations.retain(|key, _| !NOT_COPIED.contains(&key.as_str()));
    annotations.insert(names::REVISION.to_owned(), (plan.sets.highest_old_revision() + 1).to_string());
    annotations.insert(names::DESIRED_REPLICAS.to_owned(), plan.replicas().to_string());
    let mut set = ReplicaSet {
        metadata: ObjectMeta {
            name: format!("{}-{hash}", rollout.metadata.name),
            namespace: rollout.metadata.namespace.clone(),
            labels,
            annotations,
            owner_references: vec![claim::controlled_by(rollout)],
            ..ObjectMeta::default()
        },
        spec: ReplicaSetSpec {
            replicas: Some(0),
            min_ready_seconds: rollout.spec.min_ready_seconds,
            selector,
            template,
        },
        ..ReplicaSet::default()
    };
    metadata::inject(&mut set, metadata::at_creation(plan));
    set
}

/// The whole object as it is sent: with its type, without a status.
pub(crate) fn with_type(kind: &Kind, object: &impl serde::Serialize) -> Value {
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".to_owned(), kind.api_version().into());
        fields.insert("kind".to_owned(), kind.kind.clone().into());
        fields.remove("status");
    }
    value
}
