//! What the API tells about itself: groups, versions and resources.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kinds::{Kind, api_version};
use crate::store::Store;

const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// The `APIGroupList` of `/apis`.
pub(crate) fn groups(store: &Store) -> Value {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in store.collections().map(|collection| &collection.kind) {
        let versions = groups.entry(&kind.group).or_default();
        for version in &kind.versions {
            if !versions.contains(&version.as_str()) {
                versions.push(version);
            }
        }
    }
    groups.remove("");
    let groups: Vec<Value> = groups.into_iter().map(|(name, versions)| group(name, &versions)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn group(name: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": api_version(name, version), "version": version}))
        .collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions.first()})
}

/// The `APIResourceList` of one group and version; `None` when it is not served.
pub(crate) fn resources(store: &Store, group: &str, version: &str) -> Option<Value> {
    let resources: Vec<Value> = store
        .collections()
        .map(|collection| &collection.kind)
        .filter(|kind| &*kind.group == group && kind.versions.iter().any(|served| served == version))
        .flat_map(|kind| of_kind(kind))
        .collect();
    if resources.is_empty() {
        return None;
    }
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version(group, version), "resources": resources,
    }))
}

fn of_kind(kind: &Kind) -> Vec<Value> {
    let mut main = json!({
        "name": &*kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": &*kind.kind,
        "verbs": VERBS,
    });
    if !kind.short_names.is_empty() {
        main["shortNames"] = json!(kind.short_names);
    }
    if !kind.categories.is_empty() {
        main["categories"] = json!(kind.categories);
    }
    let sub = |name: &str, of: &str, verbs: &[&str]| {
        json!({
            "name": format!("{}/{name}", kind.plural), "singularName": "", "namespaced": kind.namespaced, "kind": of,
            "verbs": verbs,
        })
    };
    let mut all = vec![main];
    if kind.status {
        all.push(sub("status", &kind.kind, &["get", "patch", "update"]));
    }
    if kind.scale.is_some() {
        let mut scale = sub("scale", "Scale", &["get", "patch", "update"]);
        scale["group"] = "autoscaling".into();
        scale["version"] = "v1".into();
        all.push(scale);
    }
    if kind.group.is_empty() && &*kind.plural == "pods" {
        let mut eviction = sub("eviction", "Eviction", &["create"]);
        eviction["group"] = "policy".into();
        eviction["version"] = "v1".into();
        all.extend([sub("binding", "Binding", &["create"]), eviction]);
    }
    all
}
