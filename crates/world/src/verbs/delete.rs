//! `delete` and `deletecollection`: preconditions, grace, finalizers and the choice of what happens to dependents.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::remove::{forget, is_namespace, is_over, is_pod};
use crate::store::{Id, Store};
use crate::verbs::{Call, list};
use crate::{Body, Response, Status, meta};

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";
/// Namespaces that every cluster needs.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// How an object is to go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletion {
    pub(crate) uid: String,
    pub(crate) resource_version: String,
    pub(crate) propagation: String,
    pub(crate) grace: Option<i64>,
    pub(crate) dry_run: bool,
}

/// Removes one object.
pub(crate) fn delete(call: &mut Call<'_>) -> Result<Response, Status> {
    let live = call.live()?;
    let deletion = Deletion::of(call);
    let id = call.id();
    let name = meta::name(&live);
    if is_namespace(&id) && IMMORTAL.contains(&name) {
        return Err(Status::forbidden("", "namespaces", name, "this namespace may not be deleted"));
    }
    deletion.check(&id, &live)?;
    let (last, gone) = deletion.carry_out(call.store, &id, &live, call.now);
    if gone && !is_pod(&id) {
        let mut details = json!({"name": name, "kind": &*call.kind.plural, "uid": meta::uid(&live)});
        if !call.kind.group.is_empty() {
            details["group"] = json!(&*call.kind.group);
        }
        let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
        return Ok(Response { code: 200, body: body.into(), warnings: Vec::new() });
    }
    Ok(call.answer(200, last))
}

/// Removes every object that a list with the same options would give.
pub(crate) fn delete_collection(call: &mut Call<'_>) -> Result<Response, Status> {
    let list = list(call)?;
    let deletion = Deletion { uid: String::new(), resource_version: String::new(), ..Deletion::of(call) };
    for object in meta::items(&list.body, &["items"]) {
        let id = call.kind.id(meta::namespace(object), meta::name(object));
        if let Some(live) = call.store.find(&id).cloned() {
            deletion.carry_out(call.store, &id, &live, call.now);
        }
    }
    Ok(list)
}

impl Deletion {
    /// The query's wishes, overridden by a `DeleteOptions` body.
    fn of(call: &Call<'_>) -> Self {
        let options = &call.request.options;
        let mut wish = Self {
            uid: options.uid.clone(),
            resource_version: options.resource_version.clone(),
            propagation: options.propagation_policy.clone(),
            grace: options.grace_period_seconds,
            dry_run: options.dry_run,
        };
        if let Some(Body::Object(body)) = &call.request.body {
            wish.read(body);
        }
        wish
    }

    /// Takes over what a `DeleteOptions` object says.
    pub(crate) fn read(&mut self, body: &Value) {
        let take = |target: &mut String, path: &[&str]| {
            let given = meta::text(body, path);
            if !given.is_empty() {
                given.clone_into(target);
            }
        };
        take(&mut self.uid, &["preconditions", "uid"]);
        take(&mut self.resource_version, &["preconditions", "resourceVersion"]);
        take(&mut self.propagation, &["propagationPolicy"]);
        self.grace = meta::number(body, &["gracePeriodSeconds"]).or(self.grace);
        self.dry_run |= !meta::items(body, &["dryRun"]).is_empty();
        if body["orphanDependents"] == true {
            "Orphan".clone_into(&mut self.propagation);
        }
    }

    pub(crate) fn check(&self, id: &Id, live: &Value) -> Result<(), Status> {
        let refuse = |why: String| Err(Status::conflict_because(&id.group, &id.plural, &id.name, &why));
        let (uid, version) = (meta::uid(live), meta::text(live, &["metadata", "resourceVersion"]));
        if !self.uid.is_empty() && self.uid != uid {
            let asked = &self.uid;
            return refuse(format!(
                "Precondition failed: UID in precondition: {asked}, UID in object meta: {uid}"
            ));
        }
        if !self.resource_version.is_empty() && self.resource_version != version {
            return refuse(format!(
                "Precondition failed: ResourceVersion in precondition: {}, ResourceVersion in object meta: {version}",
                self.resource_version
            ));
        }
        Ok(())
    }

    /// Removes the object, or marks it where something must happen first. Tells the last form and whether it is gone.
    pub(crate) fn carry_out(
        &self,
        store: &mut Store,
        id: &Id,
        live: &Arc<Value>,
        now: Timestamp,
    ) -> (Arc<Value>, bool) {
        let mut object = Value::clone(live);
        self.mark(id, &mut object, now);
        let over = is_over(id, &object);
        if self.dry_run {
            return (Arc::new(object), over);
        }
        if over {
            return (forget(store, id).unwrap_or_else(|| live.clone()), true);
        }
        if object == **live {
            return (live.clone(), false);
        }
        (store.put(id, object), false)
    }

    fn mark(&self, id: &Id, object: &mut Value, now: Timestamp) {
        let grace = if is_pod(id) { self.pod_grace(object) } else { 0 };
        let known = meta::number(object, &["metadata", "deletionGracePeriodSeconds"]);
        // A second deletion can only shorten what the first one granted.
        if known.is_none_or(|known| grace < known) {
            let end = now.saturating_add(SignedDuration::from_secs(grace)).unwrap_or(now);
            meta::set(object, &["metadata", "deletionTimestamp"], meta::stamp(end).into());
            meta::set(object, &["metadata", "deletionGracePeriodSeconds"], json!(grace));
            if known.is_none()
                && let Some(generation) = meta::number(object, &["metadata", "generation"])
            {
                meta::set(object, &["metadata", "generation"], json!(generation + 1));
            }
        }
        if is_namespace(id) {
            meta::set(object, &["status", "phase"], "Terminating".into());
        }
        let wanted = match self.propagation.as_str() {
            "Orphan" => Some(ORPHAN),
            "Foreground" => Some(FOREGROUND),
            _ => None,
        };
        if self.propagation.is_empty() {
            return;
        }
        let finalizers = meta::items(object, &["metadata", "finalizers"]).iter().filter_map(Value::as_str);
        let mut finalizers: Vec<String> =
            finalizers.filter(|name| ![ORPHAN, FOREGROUND].contains(name)).map(str::to_owned).collect();
        finalizers.extend(wanted.map(str::to_owned));
        let finalizers = if finalizers.is_empty() { Value::Null } else { json!(finalizers) };
        meta::set(object, &["metadata", "finalizers"], finalizers);
    }

    /// A pod that no node runs, or that has ended, has nobody to wait for.
    fn pod_grace(&self, pod: &Value) -> i64 {
        let ended = matches!(meta::text(pod, &["status", "phase"]), "Succeeded" | "Failed");
        if meta::text(pod, &["spec", "nodeName"]).is_empty() || ended {
            return 0;
        }
        let own = || meta::number(pod, &["spec", "terminationGracePeriodSeconds"]).unwrap_or(30);
        self.grace.unwrap_or_else(own).max(0)
    }
}
