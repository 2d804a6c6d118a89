//! What the server tells about itself: versions, groups and resources, one by one or aggregated.

use serde_json::{Value, json};
use world::World;

use crate::access::{AUTHENTICATION, AUTHORIZATION, REVIEWS};

/// The media type of aggregated discovery.
pub(crate) const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// `/version`: the level of Kubernetes whose behaviour is served.
pub(crate) fn version() -> Value {
    json!({
        "major": "1", "minor": "34", "gitVersion": "v1.34.1+aviary", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    })
}

/// `/`: what there is.
pub(crate) fn paths(world: &World) -> Value {
    let mut paths: Vec<String> =
        ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3"]
            .map(str::to_owned)
            .into();
    for group in groups(world)["groups"].as_array().into_iter().flatten() {
        paths.push(format!("/apis/{}", text(group, "name")));
        for version in group["versions"].as_array().into_iter().flatten() {
            paths.push(format!("/apis/{}", text(version, "groupVersion")));
        }
    }
    paths.extend(["/readyz", "/version"].map(str::to_owned));
    paths.sort();
    json!({"paths": paths})
}

/// `/api`
pub(crate) fn core_versions() -> Value {
    json!({
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
    })
}

/// `/apis`: the world's groups, and the groups of the reviews, which are not objects.
pub(crate) fn groups(world: &World) -> Value {
    let mut list = world.api_groups();
    if let Some(groups) = list["groups"].as_array_mut() {
        for name in [AUTHENTICATION, AUTHORIZATION] {
            let version = json!({"groupVersion": format!("{name}/v1"), "version": "v1"});
            groups.push(json!({"name": name, "versions": [version], "preferredVersion": version}));
        }
        groups.sort_by(|a, b| text(a, "name").cmp(text(b, "name")));
    }
    list
}

/// `/apis/{group}`
pub(crate) fn group(world: &World, name: &str) -> Option<Value> {
    let list = groups(world);
    let mut group = list["groups"].as_array()?.iter().find(|group| group["name"] == name)?.clone();
    group["kind"] = "APIGroup".into();
    group["apiVersion"] = "v1".into();
    Some(group)
}

/// `/api/v1`, `/apis/{group}/{version}`
pub(crate) fn resources(world: &World, group: &str, version: &str) -> Option<Value> {
    if group != AUTHENTICATION && group != AUTHORIZATION {
        return world.api_resources(group, version);
    }
    let resources: Vec<Value> = REVIEWS
        .iter()
        .filter(|row| row.0 == group && version == "v1")
        .map(|(_, kind, plural, namespaced)| {
            json!({
                "name": plural, "singularName": kind.to_ascii_lowercase(), "namespaced": namespaced, "kind": kind,
                "verbs": ["create"],
            })
        })
        .collect();
    (!resources.is_empty()).then(|| {
        json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": format!("{group}/{version}"),
            "resources": resources,
        })
    })
}

/// `/api` in one document.
pub(crate) fn aggregated_core(world: &World) -> Value {
    aggregated(&[aggregated_group(world, "", &["v1"])])
}

/// `/apis` in one document.
pub(crate) fn aggregated_groups(world: &World) -> Value {
    let list = groups(world);
    let items = list["groups"].as_array().into_iter().flatten();
    let items = items.map(|group| {
        let versions = group["versions"].as_array().into_iter().flatten();
        let versions: Vec<&str> = versions.map(|version| text(version, "version")).collect();
        aggregated_group(world, text(group, "name"), &versions)
    });
    aggregated(&items.collect::<Vec<_>>())
}

fn aggregated(items: &[Value]) -> Value {
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    })
}

fn aggregated_group(world: &World, group: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .filter_map(|version| {
            let list = resources(world, group, version)?;
            let resources = aggregated_resources(list["resources"].as_array()?, group, version);
            Some(json!({"version": version, "resources": resources, "freshness": "Current"}))
        })
        .collect();
    json!({"metadata": {"name": group, "creationTimestamp": null}, "versions": versions})
}

/// Subresources stand beside their resource in a plain list, and within it here.
fn aggregated_resources(list: &[Value], group: &str, version: &str) -> Vec<Value> {
    let kind = |entry: &Value| {
        let or = |field: &str, other: &str| entry[field].as_str().unwrap_or(other).to_owned();
        json!({"group": or("group", group), "version": or("version", version), "kind": entry["kind"]})
    };
    let mut resources: Vec<Value> = Vec::new();
    for entry in list {
        let name = text(entry, "name");
        if let Some((parent, subresource)) = name.split_once('/') {
            let row =
                json!({"subresource": subresource, "responseKind": kind(entry), "verbs": entry["verbs"]});
            let Some(parent) = resources.iter_mut().find(|resource| resource["resource"] == parent) else {
                continue;
            };
            match parent.get_mut("subresources").and_then(Value::as_array_mut) {
                Some(rows) => rows.push(row),
                None => parent["subresources"] = json!([row]),
            }
            continue;
        }
        let scope = if entry["namespaced"] == true { "Namespaced" } else { "Cluster" };
        let mut resource = json!({
            "resource": name, "responseKind": kind(entry), "scope": scope,
            "singularResource": entry["singularName"], "verbs": entry["verbs"],
        });
        for field in ["shortNames", "categories"] {
            if let Some(names) = entry.get(field) {
                resource[field] = names.clone();
            }
        }
        resources.push(resource);
    }
    resources
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}
