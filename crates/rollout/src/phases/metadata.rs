//! Labels and annotations that pods carry while their version is the canary or the stable one
//! (spec rollout-reconcile 3.10).

use std::ops::ControlFlow;
use std::sync::Arc;

use crd::{Kind, Pod, PodMetadata, PodTemplate, ReplicaSet, StringMap, names};
use serde_json::{Map, Value, json};

use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;

/// Brings every ReplicaSet and its pods to the metadata of its role.
pub(crate) fn ephemeral<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    if plan.strategy.metadata_of_new().is_none() && plan.strategy.metadata_of_stable().is_none() {
        return ControlFlow::Continue(());
    }
    for index in 0..plan.sets.all.len() {
        let wanted = of_role(plan, index);
        sync(plan, index, wanted.as_ref());
    }
    ControlFlow::Continue(())
}

/// What a ReplicaSet is created with: that of the canary while there is another stable version.
pub(crate) fn at_creation<'a, S: Strategy>(plan: &Plan<'a, S>) -> Option<&'a PodMetadata> {
    let update = plan.sets.stable.is_some();
    if update { plan.strategy.metadata_of_new() } else { plan.strategy.metadata_of_stable() }
}

fn of_role<S: Strategy>(plan: &Plan<'_, S>, index: usize) -> Option<PodMetadata> {
    let is_new = plan.sets.new == Some(index);
    let is_stable = plan.sets.stable == Some(index);
    if is_stable || (is_new && plan.stored().stable_rs.is_empty()) {
        plan.strategy.metadata_of_stable().cloned()
    } else if is_new {
        plan.strategy.metadata_of_new().cloned()
    } else {
        None
    }
}

/// Puts metadata into a ReplicaSet that is about to be created, and remembers it in the annotation.
pub(crate) fn inject(set: &mut ReplicaSet, metadata: Option<&PodMetadata>) {
    let Some(metadata) = metadata else { return };
    let template = &mut set.spec.template.metadata;
    template.labels.extend(metadata.labels.clone());
    template.annotations.extend(metadata.annotations.clone());
    set.metadata.annotations.insert(names::EPHEMERAL_METADATA.to_owned(), text(metadata));
}

/// The template as the user wrote it: without what the controller put into it.
pub(crate) fn without_ephemeral(set: &ReplicaSet) -> PodTemplate {
    let mut template = set.spec.template.clone();
    let injected = injected(set);
    template.metadata.labels.retain(|key, _| !injected.labels.contains_key(key));
    template.metadata.annotations.retain(|key, _| !injected.annotations.contains_key(key));
    template
}

/// What the controller injected before, as the ReplicaSet's annotation remembers it.
fn injected(set: &ReplicaSet) -> PodMetadata {
    let text = set.metadata.annotation(names::EPHEMERAL_METADATA);
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn text(metadata: &PodMetadata) -> String {
    serde_json::to_string(metadata).unwrap_or_default()
}

fn sync<S: Strategy>(plan: &mut Plan<'_, S>, index: usize, wanted: Option<&PodMetadata>) {
    let Some(set) = plan.sets.get(Some(index)) else { return };
    let before = injected(set);
    let none = PodMetadata::default();
    let wanted = wanted.unwrap_or(&none);
    let (name, uid) = (set.metadata.name.clone(), set.metadata.uid.clone());
    let (has_pods, up_to_date) = (set.replicas() != 0, before == *wanted);
    if !up_to_date {
        let annotation = (*wanted != none).then(|| text(wanted));
        let key = plan.key(Kind::REPLICA_SET, &name);
        let template = json!({"metadata": patch(&before, wanted)});
        let annotations = json!({names::EPHEMERAL_METADATA: annotation});
        plan.merge(key, json!({"metadata": {"annotations": annotations}, "spec": {"template": template}}));
        apply(plan, index, &before, wanted, annotation);
    }
    if has_pods {
        sync_pods(plan, &uid, &before, wanted);
    }
}

/// Keys that were injected and are not wanted any more become null; foreign keys stay.
fn patch(before: &PodMetadata, wanted: &PodMetadata) -> Value {
    let of = |before: &StringMap, wanted: &StringMap| {
        let gone =
            before.keys().filter(|key| !wanted.contains_key(key)).map(|key| (key.clone(), Value::Null));
        let set = wanted.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
        gone.chain(set).collect::<Map<_, _>>()
    };
    json!({
        "labels": of(&before.labels, &wanted.labels),
        "annotations": of(&before.annotations, &wanted.annotations),
    })
}

fn apply<S: Strategy>(
    plan: &mut Plan<'_, S>,
    index: usize,
    before: &PodMetadata,
    wanted: &PodMetadata,
    annotation: Option<String>,
) {
    let Some(set) = plan.sets.all.get_mut(index).map(Arc::make_mut) else { return };
    let template = &mut set.spec.template.metadata;
    template.labels.retain(|key, _| !before.labels.contains_key(key));
    template.labels.extend(wanted.labels.clone());
    template.annotations.retain(|key, _| !before.annotations.contains_key(key));
    template.annotations.extend(wanted.annotations.clone());
    match annotation {
        Some(text) => set.metadata.annotations.insert(names::EPHEMERAL_METADATA.to_owned(), text),
        None => set.metadata.annotations.remove(names::EPHEMERAL_METADATA),
    };
}

fn sync_pods<S: Strategy>(plan: &mut Plan<'_, S>, owner: &str, before: &PodMetadata, wanted: &PodMetadata) {
    let observed = plan.observed;
    let controlled = |pod: &&&Pod| pod.metadata.controller().is_some_and(|found| found.uid == owner);
    let pods = observed.pods.iter().map(AsRef::as_ref).collect::<Vec<&Pod>>();
    for pod in pods.iter().filter(controlled).filter(|pod| differs(pod, before, wanted)) {
        let key = plan.key(Kind::POD, &pod.metadata.name);
        plan.merge(key, json!({"metadata": patch(before, wanted)}));
    }
}

fn differs(pod: &Pod, before: &PodMetadata, wanted: &PodMetadata) -> bool {
    let differs = |theirs: &StringMap, before: &StringMap, wanted: &StringMap| {
        wanted.iter().any(|(key, value)| theirs.get(key) != Some(value))
            || before.keys().any(|key: &String| !wanted.contains_key(key) && theirs.contains_key(key))
    };
    differs(&pod.metadata.labels, &before.labels, &wanted.labels)
        || differs(&pod.metadata.annotations, &before.annotations, &wanted.annotations)
}
