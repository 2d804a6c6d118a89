//! ReplicaSets: keep as many pods as asked for, and count them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Controller, pods, write};
use crate::meta::{self, number};
use crate::selection::LabelSelector;
use crate::store::{Id, Store};
use crate::verbs::is_ready;
use crate::{WatchEvent, WatchEventType};

pub(super) const REPLICA_SET: Controller = Controller { concerns, sync };

/// Pods made or taken in one pass; the status change that follows asks for the next.
const BURST: usize = 500;

fn concerns(store: &Store, event: &WatchEvent) -> Vec<Id> {
    if pods::is_about(event, "apps", "replicasets") {
        return vec![event.id()];
    }
    if !pods::is_about(event, "", "pods") {
        return Vec::new();
    }
    let owners = pods::owners(store, event, "apps", "replicasets");
    if !owners.is_empty()
        || event.kind == WatchEventType::Deleted
        || meta::controller(&event.object).is_some()
    {
        return owners;
    }
    // A pod without a controller: whoever selects it may adopt it.
    let sets = store.list("apps", "replicasets", meta::namespace(&event.object));
    let selects = |set: &&Arc<Value>| selector(set).matches(&event.object["metadata"]["labels"]);
    let Some(collection) = store.collection("apps", "replicasets") else { return Vec::new() };
    sets.filter(selects).map(|set| collection.id(meta::namespace(set), meta::name(set))).collect()
}

fn sync(store: &mut Store, id: &Id, now: Timestamp) -> Option<Timestamp> {
    let set = store.find(id)?.clone();
    if meta::is_deleting(&set) {
        return None;
    }
    adopt_and_release(store, &set);
    let mut active = pods::controlled(store, meta::uid(&set));
    active.retain(|pod| pods::is_active(pod));
    let found = active.clone();
    let wanted = number(&set, &["spec", "replicas"]).unwrap_or(1).max(0) as usize;
    if active.len() > wanted {
        let surplus = (active.len() - wanted).min(BURST);
        for victim in pods::victims(&mut active, surplus) {
            write::delete(store, &victim, "", now);
        }
    } else {
        for _ in 0..(wanted - active.len()).min(BURST) {
            pods::make(store, &set, now);
        }
    }
    // As the real one does: the status counts the pods that were there before. The events of the others ask for the next pass.
    write::status(store, id, status(&set, &found, now));
    let min_ready = number(&set, &["spec", "minReadySeconds"]).unwrap_or(0);
    active.iter().filter_map(|pod| pods::available_at(pod, min_ready)).filter(|at| *at > now).min()
}

fn selector(set: &Value) -> LabelSelector {
    LabelSelector::from_object(&set["spec"]["selector"])
}

fn adopt_and_release(store: &mut Store, set: &Value) {
    let selector = selector(set);
    let uid = meta::uid(set);
    let orphans: Vec<Id> = store
        .dependents("")
        .filter(|id| *id.namespace == *meta::namespace(set))
        .filter(|id| {
            let pod = store.find(id);
            pod.is_some_and(|pod| pods::is_active(pod) && selector.matches(&pod["metadata"]["labels"]))
        })
        .cloned()
        .collect();
    for orphan in orphans {
        let owner = meta::controlled_by(set);
        write::change(store, &orphan, |pod| {
            let mut owners = meta::items(pod, &["metadata", "ownerReferences"]).to_vec();
            owners.push(owner);
            meta::set(pod, &["metadata", "ownerReferences"], owners.into());
        });
    }
    for pod in pods::controlled(store, uid) {
        if !selector.matches(&pod["metadata"]["labels"]) && !meta::is_deleting(&pod) {
            write::change(store, &pods::id(&pod), |pod| {
                let owners = meta::items(pod, &["metadata", "ownerReferences"]).iter();
                let owners: Vec<Value> = owners.filter(|owner| owner["uid"] != uid).cloned().collect();
                let owners = if owners.is_empty() { Value::Null } else { owners.into() };
                meta::set(pod, &["metadata", "ownerReferences"], owners);
            });
        }
    }
}

fn status(set: &Value, active: &[Arc<Value>], now: Timestamp) -> Value {
    let template =
        LabelSelector::from_object(&json!({"matchLabels": set["spec"]["template"]["metadata"]["labels"]}));
    let min_ready = number(set, &["spec", "minReadySeconds"]).unwrap_or(0);
    let count = |counts: &dyn Fn(&Value) -> bool| active.iter().filter(|pod| counts(pod)).count() as i64;
    let mut status = write::counts([
        ("fullyLabeledReplicas", count(&|pod| template.matches(&pod["metadata"]["labels"]))),
        ("readyReplicas", count(&is_ready)),
        ("availableReplicas", count(&|pod| pods::available_at(pod, min_ready).is_some_and(|at| at <= now))),
        ("observedGeneration", number(set, &["metadata", "generation"]).unwrap_or(0)),
    ]);
    status["replicas"] = json!(active.len());
    if let Some(conditions) = meta::at(set, &["status", "conditions"]) {
        status["conditions"] = conditions.clone();
    }
    status
}
