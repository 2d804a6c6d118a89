//! Manifests into an empty world: kinds and namespaces that they need are made on the way.

use jiff::Timestamp;
use serde_json::{Value, json};
use world::{Request, Resource, World};

use crate::error::Error;

/// The kinds of `argoproj.io`: kind, plural, whether it lives in namespaces, whether its status is written apart.
const OURS: &[(&str, &str, bool, bool)] = &[
    ("Rollout", "rollouts", true, true),
    ("AnalysisRun", "analysisruns", true, false),
    ("AnalysisTemplate", "analysistemplates", true, false),
    ("ClusterAnalysisTemplate", "clusteranalysistemplates", false, false),
    ("Experiment", "experiments", true, false),
];

/// A world that knows the kinds of `argoproj.io`.
pub(crate) fn world(now: Timestamp) -> Result<World, Error> {
    let mut world = World::new();
    for (kind, plural, namespaced, status) in OURS {
        define(
            &mut world,
            &Definition {
                group: "argoproj.io",
                version: "v1alpha1",
                kind,
                plural,
                namespaced: *namespaced,
                status: *status,
            },
            now,
        )?;
    }
    Ok(world)
}

/// Stores one manifest. Its namespace is made where it is missing; a kind that nobody knows is taken as it is.
pub(crate) fn add(world: &mut World, object: Value, now: Timestamp) -> Result<(), Error> {
    let text = |field: &'static str, found: &Value| {
        let found = found.as_str().filter(|found| !found.is_empty()).map(str::to_owned);
        found.ok_or_else(|| Error::Incomplete { field, text: object.to_string().chars().take(80).collect() })
    };
    let kind = text("kind", &object["kind"])?;
    let api_version = text("apiVersion", &object["apiVersion"])?;
    let name = text("metadata.name", &object["metadata"]["name"])?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    if known(world, group, &kind).is_none() {
        let plural = format!("{}s", kind.to_ascii_lowercase());
        define(
            world,
            &Definition { group, version, kind: &kind, plural: &plural, namespaced: true, status: false },
            now,
        )?;
    }
    let Some((plural, namespaced)) = known(world, group, &kind) else { return Ok(()) };
    let namespace = object["metadata"]["namespace"].as_str().filter(|namespace| !namespace.is_empty());
    let namespace = if namespaced { namespace.unwrap_or("default").to_owned() } else { String::new() };
    if namespaced && world.object("", "namespaces", "", &namespace).is_none() {
        let made = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        send(world, &Request::create(Resource::new("", "v1", "namespaces", "", ""), made), &namespace, now)?;
    }
    if world.object(group, &plural, &namespace, &name).is_some() {
        return Ok(());
    }
    let request = Request::create(Resource::new(group, version, &plural, &namespace, ""), object);
    send(world, &request, &format!("{kind} {name}"), now)
}

fn known(world: &World, group: &str, kind: &str) -> Option<(String, bool)> {
    let found = world.kinds().find(|known| &*known.group == group && &*known.kind == kind)?;
    Some((found.plural.to_string(), found.namespaced))
}

struct Definition<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
    plural: &'a str,
    namespaced: bool,
    status: bool,
}

/// Registers a kind whose objects are taken as they are.
fn define(world: &mut World, definition: &Definition<'_>, now: Timestamp) -> Result<(), Error> {
    let Definition { group, version, kind, plural, namespaced, status } = definition;
    let open = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let object = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": if *namespaced { "Namespaced" } else { "Cluster" },
            "names": {"kind": kind, "plural": plural},
            "versions": [{
                "name": version, "served": true, "storage": true, "schema": open,
                "subresources": if *status { json!({"status": {}}) } else { json!({}) },
            }],
        },
    });
    let resource = Resource::new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "", "");
    send(world, &Request::create(resource, object), &format!("the definition of {kind}"), now)
}

fn send(world: &mut World, request: &Request, what: &str, now: Timestamp) -> Result<(), Error> {
    let refused = |status| Error::Refused { object: what.to_owned(), status };
    world.handle(request, now).map(drop).map_err(refused)
}
