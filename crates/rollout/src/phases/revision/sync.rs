//! Revision numbers and annotations of the current ReplicaSet.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crd::{Kind, ReplicaSet, names};
use serde_json::{Map, Value, json};

use super::create::{NOT_COPIED, set_rollout_revision};
use crate::anti_affinity;
use crate::plan::{Plan, Stop};
use crate::status::conditions;
use crate::strategy::Strategy;

/// Keeps revision, copied annotations, `minReadySeconds` and anti-affinity of the current ReplicaSet up to date, and
/// the Rollout's revision annotation with it (spec rollout-reconcile 3.5). Nothing changes when nothing differs.
pub(crate) fn sync<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let Some(index) = plan.sets.new else { return ControlFlow::Continue(()) };
    sync_set(plan, index);
    if let Some(revision) = plan.sets.get(Some(index)).and_then(ReplicaSet::revision) {
        set_rollout_revision(plan, revision);
    }
    if plan.status.condition(conditions::PROGRESSING).is_none() {
        let name = plan.new_set().map(|set| set.metadata.name.clone()).unwrap_or_default();
        let message = format!("Found new replica set \"{name}\"");
        let found = conditions::progressing("True", conditions::FOUND_REPLICA_SET, &message, plan.time());
        conditions::set(&mut plan.status, found);
    }
    ControlFlow::Continue(())
}

fn sync_set<S: Strategy>(plan: &mut Plan<'_, S>, index: usize) {
    let Some(set) = plan.sets.get(Some(index)) else { return };
    let annotations = changed_annotations(plan, set);
    let min_ready = plan.rollout.spec.min_ready_seconds;
    let affinity_is_stale = anti_affinity::is_stale(plan, set);
    if annotations.is_empty() && set.spec.min_ready_seconds == min_ready && !affinity_is_stale {
        return;
    }
    let (name, hash) = (set.metadata.name.clone(), set.hash().to_owned());
    let template = anti_affinity::wanted(plan, &hash, &set.spec.template);
    let mut spec = Map::new();
    if set.spec.min_ready_seconds != min_ready {
        spec.insert("minReadySeconds".to_owned(), min_ready.into());
    }
    if template != set.spec.template {
        let affinity = template.spec.value().get("affinity").cloned().unwrap_or(Value::Null);
        spec.insert("template".to_owned(), json!({"spec": {"affinity": affinity}}));
    }
    let mut patch = Map::from_iter([("metadata".to_owned(), json!({"annotations": annotations}))]);
    if !spec.is_empty() {
        patch.insert("spec".to_owned(), Value::Object(spec));
    }
    let key = plan.key(Kind::REPLICA_SET, &name);
    plan.merge(key, Value::Object(patch));
    if let Some(set) = plan.sets.all.get_mut(index).map(Arc::make_mut) {
        set.metadata.annotations.extend(annotations);
        set.spec.min_ready_seconds = min_ready;
        set.spec.template = template;
    }
}

/// What differs: copied annotations, the revision, and the history that keeps the former one.
fn changed_annotations<S: Strategy>(plan: &Plan<'_, S>, set: &ReplicaSet) -> BTreeMap<String, String> {
    let theirs = &set.metadata.annotations;
    let copied = plan.rollout.metadata.annotations.iter();
    let mut changed: BTreeMap<String, String> = copied
        .filter(|(key, value)| !NOT_COPIED.contains(&key.as_str()) && theirs.get(key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let target = plan.sets.highest_old_revision() + 1;
    let former = set.metadata.annotation(names::REVISION);
    if former.is_some_and(|text| text.parse::<i64>().is_err()) {
        return BTreeMap::new();
    }
    if set.revision().is_none_or(|revision| revision < target) {
        changed.insert(names::REVISION.to_owned(), target.to_string());
    }
    if let (Some(former), false) = (former, changed.is_empty()) {
        let history = match set.metadata.annotation(names::REVISION_HISTORY) {
            Some(earlier) if !earlier.is_empty() => format!("{earlier},{former}"),
            _ => former.to_owned(),
        };
        changed.insert(names::REVISION_HISTORY.to_owned(), history);
    }
    if theirs.get(names::DESIRED_REPLICAS).is_none() && !changed.is_empty() {
        changed.insert(names::DESIRED_REPLICAS.to_owned(), plan.replicas().to_string());
    }
    changed
}
