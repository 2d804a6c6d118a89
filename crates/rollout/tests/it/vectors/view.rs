//! What can be seen of a pass, as one value that expectations are compared with.

use std::collections::BTreeMap;

use aviary_rollout::{Action, Decision, EventType};
use crd::{Kind, ObjectKey, ReplicaSet};
use serde_json::{Map, Value, json};

use super::roles;
use crate::harness::Cluster;

/// The version that a ReplicaSet runs, as its image says.
pub(super) fn version(set: &ReplicaSet) -> String {
    let image = set.spec.template.images().next().unwrap_or_default();
    image.trim_start_matches("demo:").to_owned()
}

/// The version with this hash; the hash itself when there is none, `-` when it is empty.
fn named<'a>(cluster: &'a Cluster, hash: &'a str) -> String {
    let found = cluster.sets.iter().find(|set| set.hash() == hash);
    match found {
        Some(set) if !hash.is_empty() => version(set),
        _ if hash.is_empty() => "-".to_owned(),
        _ => hash.to_owned(),
    }
}

/// What can be seen of a pass that found `before` and left `after`.
pub(super) fn of(before: &Cluster, after: &Cluster, decision: &Decision) -> Value {
    let sets = |cluster: &Cluster| -> Vec<String> { cluster.sets.iter().map(version).collect() };
    let (old, new) = (sets(before), sets(after));
    let by_version = |of: &dyn Fn(&ReplicaSet) -> Value| -> Value {
        after.sets.iter().map(|set| (version(set), of(set))).collect::<Map<_, _>>().into()
    };
    let status = &after.rollout.status;
    let patch = decision.status.as_ref();
    let patch = patch.and_then(|status| aviary_rollout::status_patch(&before.rollout.status, status));
    let patched = patch.as_ref().and_then(|patch| patch["status"].as_object());
    let patched: Option<Vec<&String>> = patched.map(|fields| fields.keys().collect());
    let conditions: Map<String, Value> =
        status.conditions.iter().map(|condition| (condition.kind.clone(), json!(condition))).collect();
    let weights = status.canary.weights.as_ref();
    let services: BTreeMap<&String, String> =
        after.services.iter().map(|(name, service)| (name, named(after, service.selected_hash()))).collect();
    json!({
        "sizes": by_version(&|set| json!(set.replicas())),
        "created": new.iter().filter(|version| !old.contains(version)).collect::<Vec<_>>(),
        "deleted": old.iter().filter(|version| !new.contains(version)).collect::<Vec<_>>(),
        "sets": by_version(&|set| json!(set)),
        "deadlines": by_version(&|set| json!(set.metadata.annotation(crd::names::SCALE_DOWN_DEADLINE))),
        "events": decision.events.iter().map(|event| event.reason).collect::<Vec<_>>(),
        "warnings": warnings(decision),
        "messages": messages(decision),
        "patch": patch,
        "patched": patched,
        "status": status,
        "conditions": conditions,
        "rollout": after.rollout,
        "services": services,
        "weights": weights.map(|weights| format!("{}/{}", weights.canary.weight, weights.stable.weight)),
        "route": route(after),
        "requeue": decision.requeue_after.map(|after| after.as_secs_f64()),
        "writes": writes(before, decision),
        "evicted": decision.actions.iter().filter(|action| matches!(action, Action::Evict { .. })).count(),
        "pods": after.pods.iter().map(|pod| (pod.metadata.name.clone(), json!(pod))).collect::<Map<_, _>>(),
        "deployment": deployment(after),
        "podsRead": aviary_rollout::reads(&before.rollout).pods,
        "experiments": after.experiments.iter().map(experiment).collect::<Map<_, _>>(),
        "runs": after.runs.iter().map(|run| run.metadata.name.as_str()).collect::<Vec<_>>(),
    })
}

/// Its name, with the revision's hash blanked, and what is wanted of it.
fn experiment(experiment: &crd::Experiment) -> (String, Value) {
    let hash = experiment.metadata.label(crd::names::POD_TEMPLATE_HASH);
    let name = if hash.is_empty() {
        experiment.metadata.name.clone()
    } else {
        experiment.metadata.name.replace(hash, "HASH")
    };
    let mut seen = json!(experiment.spec);
    seen["owner"] =
        json!(experiment.metadata.controller().map(|owner| format!("{}/{}", owner.kind, owner.name)));
    (name, seen)
}

fn warnings(decision: &Decision) -> Vec<&str> {
    let warnings = decision.events.iter().filter(|event| event.kind == EventType::Warning);
    warnings.map(|event| event.reason).collect()
}

fn messages(decision: &Decision) -> BTreeMap<&str, Vec<&str>> {
    let mut messages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in &decision.events {
        messages.entry(event.reason).or_default().push(&event.message);
    }
    messages
}

/// How many pods the referenced Deployment wants.
fn deployment(cluster: &Cluster) -> Option<&Value> {
    let found = cluster.routes.iter().find(|(key, _)| key.kind == Kind::DEPLOYMENT);
    found.and_then(|(_, object)| object.pointer("/spec/replicas"))
}

/// The share of each backend of the route.
fn route(cluster: &Cluster) -> Value {
    let route = cluster.routes.values().find(|object| object.pointer("/spec/rules").is_some());
    let backends =
        route.and_then(|route| route.pointer("/spec/rules/0/backendRefs")).and_then(Value::as_array);
    let share = |backend: &Value| {
        let name = backend["name"].as_str().unwrap_or_default().to_owned();
        (name, backend.get("weight").cloned().unwrap_or(json!(1)))
    };
    let shares: Map<String, Value> = backends.into_iter().flatten().map(share).collect();
    let (stable, canary) = roles::backends(cluster);
    let short = shares.len() == 2 && shares.contains_key(&canary) && canary == "canary";
    if short { json!(format!("{}/{}", shares[&canary], shares[&stable])) } else { shares.into() }
}

/// How many writes each object gets; ReplicaSets by version.
fn writes(cluster: &Cluster, decision: &Decision) -> BTreeMap<String, usize> {
    let mut writes = BTreeMap::new();
    for action in &decision.actions {
        let key = match action {
            Action::Create { key, .. }
            | Action::Patch { key, .. }
            | Action::Scale { key, .. }
            | Action::Delete { key, .. }
            | Action::Evict { key } => key,
        };
        *writes.entry(label(cluster, key)).or_default() += 1;
    }
    writes
}

fn label(cluster: &Cluster, key: &ObjectKey) -> String {
    let set = cluster.sets.iter().find(|set| key.kind == Kind::REPLICA_SET && set.metadata.name == key.name);
    set.map_or_else(|| format!("{}/{}", key.kind.kind, key.name), version)
}
