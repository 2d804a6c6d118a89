//! Deployments: replace one ReplicaSet by another without falling below what is promised.

mod conditions;
mod rolling;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Controller, pods, write};
use crate::WatchEvent;
use crate::meta::{self, number, text};
use crate::store::{Id, Store, mix, name_suffix};

pub(super) const DEPLOYMENT: Controller = Controller { concerns, sync };

const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";

fn concerns(store: &Store, event: &WatchEvent) -> Vec<Id> {
    if pods::is_about(event, "apps", "deployments") {
        return vec![event.id()];
    }
    if pods::is_about(event, "apps", "replicasets") {
        return pods::owners(store, event, "apps", "deployments");
    }
    Vec::new()
}

/// A Deployment and its ReplicaSets, for one pass.
struct Sets {
    deployment: Arc<Value>,
    new: Option<Arc<Value>>,
    old: Vec<Arc<Value>>,
}

impl Sets {
    fn of(store: &Store, id: &Id) -> Option<Self> {
        let deployment = store.find(id)?.clone();
        let uid = meta::uid(&deployment);
        let owned = store.dependents(uid).filter(|id| &*id.plural == "replicasets");
        let owned = owned.filter_map(|id| store.find(id)).filter(|set| !meta::is_deleting(set)).cloned();
        let (new, old): (Vec<_>, Vec<_>) = owned.partition(|set| same_template(set, &deployment));
        Some(Self { deployment, new: new.into_iter().next(), old })
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.new.iter().chain(&self.old)
    }
}

fn sync(store: &mut Store, id: &Id, now: Timestamp) -> Option<Timestamp> {
    let sets = Sets::of(store, id)?;
    if meta::is_deleting(&sets.deployment) {
        return None;
    }
    if sets.deployment["spec"]["paused"] != true {
        if sets.new.is_none() {
            create(store, &sets, now);
            // The next pass sees it.
            return Some(now);
        }
        number_new(store, id, &sets);
        rolling::scale(store, &sets);
        drop_history(store, &sets, now);
    }
    let sets = Sets::of(store, id)?;
    let (status, next) = conditions::status(&sets, now);
    write::status(store, id, status);
    next
}

/// Whether the set was made from the Deployment's template; the hash label is the set's own.
fn same_template(set: &Value, deployment: &Value) -> bool {
    let mut template = set["spec"]["template"].clone();
    meta::set(&mut template, &["metadata", "labels", HASH], Value::Null);
    template == deployment["spec"]["template"]
}

fn create(store: &mut Store, sets: &Sets, now: Timestamp) {
    let deployment = &sets.deployment;
    let template = &deployment["spec"]["template"];
    let digest = template.to_string().bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
    let hash = format!("{}{}", name_suffix(digest), name_suffix(mix(digest)));
    let mut set = json!({
        "metadata": {
            "name": format!("{}-{hash}", meta::name(deployment)), "namespace": meta::namespace(deployment),
            "labels": template["metadata"]["labels"], "ownerReferences": [meta::controlled_by(deployment)],
            "annotations": {REVISION: next_revision(sets).to_string()},
        },
        "spec": {
            "replicas": 0, "selector": deployment["spec"]["selector"], "template": template,
            "minReadySeconds": number(deployment, &["spec", "minReadySeconds"]).unwrap_or(0),
        },
    });
    for path in [
        ["metadata", "labels"].as_slice(),
        &["spec", "selector", "matchLabels"],
        &["spec", "template", "metadata", "labels"],
    ] {
        meta::map_at(&mut set, path).insert(HASH.to_owned(), hash.clone().into());
    }
    write::create(store, "apps", "replicasets", set, now);
}

fn revision(set: &Value) -> i64 {
    text(set, &["metadata", "annotations", REVISION]).parse().unwrap_or(0)
}

fn next_revision(sets: &Sets) -> i64 {
    sets.old.iter().map(|set| revision(set)).max().unwrap_or(0) + 1
}

/// A set that is used again gets a new number, and the Deployment shows it.
fn number_new(store: &mut Store, id: &Id, sets: &Sets) {
    let Some(new) = &sets.new else { return };
    let wanted = revision(new).max(next_revision(sets));
    for target in [set_id(new), id.clone()] {
        write::change(store, &target, |object| {
            meta::set(object, &["metadata", "annotations", REVISION], wanted.to_string().into());
        });
    }
}

fn drop_history(store: &mut Store, sets: &Sets, now: Timestamp) {
    let keep = number(&sets.deployment, &["spec", "revisionHistoryLimit"]).unwrap_or(10).max(0) as usize;
    let is_idle = |set: &&Arc<Value>| {
        ["spec", "status"].iter().all(|part| number(set, &[part, "replicas"]).unwrap_or(0) == 0)
    };
    let mut idle: Vec<&Arc<Value>> = sets.old.iter().filter(is_idle).collect();
    idle.sort_by_key(|set| revision(set));
    for set in idle.iter().take(idle.len().saturating_sub(keep)) {
        write::delete(store, &set_id(set), "Background", now);
    }
}

fn set_id(set: &Value) -> Id {
    Id {
        group: "apps".into(),
        plural: "replicasets".into(),
        namespace: meta::namespace(set).into(),
        name: meta::name(set).into(),
    }
}
