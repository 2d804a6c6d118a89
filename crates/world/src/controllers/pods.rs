//! What controllers want to know about pods, and how they make and take them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::write;
use crate::WatchEvent;
use crate::meta::{self, items, number, text};
use crate::store::{Id, Store};
use crate::verbs::is_ready;

/// Whether a pod counts: it has not ended and is not about to.
pub(crate) fn is_active(pod: &Value) -> bool {
    !meta::is_deleting(pod) && !matches!(text(pod, &["status", "phase"]), "Succeeded" | "Failed")
}

/// Since when the pod is ready.
pub(crate) fn ready_since(pod: &Value) -> Option<Timestamp> {
    let ready = |one: &&Value| one["type"] == "Ready" && one["status"] == "True";
    let condition = items(pod, &["status", "conditions"]).iter().find(ready)?;
    meta::time(condition, &["lastTransitionTime"])
}

/// When the pod has been ready for long enough to be available; `None` while it is not ready.
pub(crate) fn available_at(pod: &Value, min_ready_seconds: i64) -> Option<Timestamp> {
    if !is_ready(pod) {
        return None;
    }
    let since = ready_since(pod).unwrap_or(Timestamp::UNIX_EPOCH);
    since.checked_add(SignedDuration::from_secs(min_ready_seconds)).ok()
}

/// The pods that the object with this uid controls.
pub(crate) fn controlled(store: &Store, uid: &str) -> Vec<Arc<Value>> {
    let pods = store.dependents(uid).filter(|id| &*id.plural == "pods" && id.group.is_empty());
    let pods = pods.filter_map(|id| store.find(id));
    pods.filter(|pod| meta::controller(pod).is_some_and(|owner| owner["uid"] == uid)).cloned().collect()
}

/// Makes one pod from the template of `owner`; `None` when its name is taken.
pub(crate) fn make(store: &mut Store, owner: &Value, now: Timestamp) -> Option<Arc<Value>> {
    let template = &owner["spec"]["template"];
    let mut metadata = json!({
        "generateName": format!("{}-", meta::name(owner)), "namespace": meta::namespace(owner),
        "ownerReferences": [meta::controlled_by(owner)],
    });
    for field in ["labels", "annotations", "finalizers"] {
        meta::set(&mut metadata, &[field], template["metadata"][field].clone());
    }
    let pod = json!({"metadata": metadata, "spec": template["spec"]});
    write::create(store, "", "pods", pod, now)
}

/// The first `count` pods to go, the least useful ones first.
pub(crate) fn victims(pods: &mut [Arc<Value>], count: usize) -> Vec<Id> {
    let crowd = |pod: &Value, all: &[Arc<Value>]| {
        let node = text(pod, &["spec", "nodeName"]);
        all.iter().filter(|other| text(other, &["spec", "nodeName"]) == node && is_ready(other)).count()
    };
    let mut ranked: Vec<(Rank, &Arc<Value>)> =
        pods.iter().map(|pod| (Rank::of(pod, crowd(pod, pods)), pod)).collect();
    ranked.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| meta::name(one.1).cmp(meta::name(other.1))));
    ranked.iter().take(count).map(|(_, pod)| id(pod)).collect()
}

/// How useful a pod is, the most important measure first; the smallest goes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    on_a_node: bool,
    phase: u8,
    ready: bool,
    cost: i64,
    alone: std::cmp::Reverse<usize>,
    /// Ready for longer is better, so an earlier moment ranks higher.
    ready_since: std::cmp::Reverse<Option<Timestamp>>,
    restarts: std::cmp::Reverse<i64>,
    created: std::cmp::Reverse<Option<Timestamp>>,
}

impl Rank {
    fn of(pod: &Value, crowd: usize) -> Self {
        let cost = text(pod, &["metadata", "annotations", "controller.kubernetes.io/pod-deletion-cost"]);
        let statuses = items(pod, &["status", "containerStatuses"]).iter();
        Self {
            on_a_node: !text(pod, &["spec", "nodeName"]).is_empty(),
            phase: match text(pod, &["status", "phase"]) {
                "Pending" | "" => 0,
                "Running" => 2,
                _ => 1,
            },
            ready: is_ready(pod),
            cost: cost.parse().unwrap_or(0),
            alone: std::cmp::Reverse(crowd),
            ready_since: std::cmp::Reverse(ready_since(pod)),
            restarts: std::cmp::Reverse(
                statuses.filter_map(|one| number(one, &["restartCount"])).max().unwrap_or(0),
            ),
            created: std::cmp::Reverse(meta::time(pod, &["metadata", "creationTimestamp"])),
        }
    }
}

/// The address of a pod.
pub(crate) fn id(pod: &Value) -> Id {
    Id {
        group: "".into(),
        plural: "pods".into(),
        namespace: meta::namespace(pod).into(),
        name: meta::name(pod).into(),
    }
}

/// The controller of the changed object, before and after the change, if it is of this kind.
pub(crate) fn owners(store: &Store, event: &WatchEvent, group: &str, plural: &str) -> Vec<Id> {
    let both = [Some(&event.object), event.previous.as_ref()];
    let owner = |object: &Value| {
        let owner = meta::controller(object)?;
        let id = store.by_uid(text(owner, &["uid"]))?;
        (*id.group == *group && *id.plural == *plural).then(|| id.clone())
    };
    let mut found: Vec<Id> = both.into_iter().flatten().filter_map(|object| owner(object)).collect();
    found.dedup();
    found
}

/// Whether the event is about this kind.
pub(crate) fn is_about(event: &WatchEvent, group: &str, plural: &str) -> bool {
    *event.plural == *plural && *event.group == *group
}
