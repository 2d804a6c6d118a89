//! Our CustomResourceDefinitions beside the peer's: every recorded example that those let in, ours let in, too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crd::Kind;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use xtask::control_plane::{ControlPlane, Level};
use xtask::recorded;

use crate::client;

const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/crds");
static KINDS: [Kind; 5] = [
    Kind::ROLLOUT,
    Kind::EXPERIMENT,
    Kind::ANALYSIS_RUN,
    Kind::ANALYSIS_TEMPLATE,
    Kind::CLUSTER_ANALYSIS_TEMPLATE,
];

fn documents(folder: &Path) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(documents(&path));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let documents: Vec<Value> = crd::yaml::from_documents(&text).unwrap_or_default();
        let name = |index: usize| format!("{}[{index}]", path.display());
        found.extend(documents.into_iter().enumerate().map(|(index, document)| (name(index), document)));
    }
    found
}

/// The recorded examples of our kinds, as objects of the namespace `default`.
fn examples(folder: &Path) -> Vec<(String, Value)> {
    let ours = |object: &Value| {
        object["apiVersion"] == "argoproj.io/v1alpha1"
            && KINDS.iter().any(|kind| object["kind"] == *kind.kind)
    };
    let mut examples: Vec<_> = documents(folder).into_iter().filter(|(_, object)| ours(object)).collect();
    for (number, (_, object)) in examples.iter_mut().enumerate() {
        object["metadata"]["name"] = json!(format!("example-{number}"));
        object["metadata"].as_object_mut().unwrap().remove("namespace");
    }
    examples
}

/// What the server has against each example that it refuses.
async fn refused(client: &Client, examples: &[(String, Value)]) -> BTreeMap<String, String> {
    let mut refused = BTreeMap::new();
    for (name, object) in examples {
        let kind = KINDS.iter().find(|kind| object["kind"] == *kind.kind).unwrap();
        let gvk = GroupVersionKind::gvk(&kind.group, &kind.version, &kind.kind);
        let resource = ApiResource::from_gvk_with_plural(&gvk, &kind.plural);
        let api: Api<DynamicObject> = match kind.kind.as_ref() {
            "ClusterAnalysisTemplate" => Api::all_with(client.clone(), &resource),
            _ => Api::namespaced_with(client.clone(), "default", &resource),
        };
        let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        if let Err(error) = api.create(&dry, &object).await {
            refused.insert(name.clone(), error.to_string());
        }
    }
    refused
}

async fn install(client: &Client, definitions: &[Value]) {
    let gvk = GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &ApiResource::from_gvk(&gvk));
    for definition in definitions {
        let name = definition["metadata"]["name"].as_str().unwrap();
        api.patch(name, &PatchParams::apply("test").force(), &Patch::Apply(definition)).await.unwrap();
    }
}

/// The examples that the peer's definitions let in and ours do not, with the reason.
fn lost(peers: &BTreeMap<String, String>, ours: &BTreeMap<String, String>) -> Vec<String> {
    let only_ours = ours.iter().filter(|(name, _)| !peers.contains_key(*name));
    only_ours.map(|(name, why)| format!("{name}: {why}")).collect()
}

#[tokio::test]
async fn every_example_that_the_peers_definitions_let_in_is_let_in_by_ours() {
    let test = "every_example_that_the_peers_definitions_let_in_is_let_in_by_ours";
    let Some((peers, folder)) = recorded(test, "crds").zip(recorded(test, "examples")) else { return };
    let examples = examples(&folder);
    assert!(examples.len() > 80, "only {} examples were found", examples.len());
    let peers: Vec<Value> = documents(&peers).into_iter().map(|(_, definition)| definition).collect();
    let mut refusals = Vec::new();
    for definitions in [peers, crd::manifests()] {
        let (_server, client) = client::without_controllers();
        install(&client, &definitions).await;
        refusals.push(refused(&client, &examples).await);
    }
    assert!(refusals[0].len() < examples.len() / 4, "most are let in: {:#?}", refusals[0]);
    assert_eq!(lost(&refusals[0], &refusals[1]), Vec::<String>::new());
}

#[tokio::test]
async fn the_real_server_lets_in_with_ours_what_it_lets_in_with_the_peers() {
    let test = "the_real_server_lets_in_with_ours_what_it_lets_in_with_the_peers";
    let Some((peers, folder)) = recorded(test, "crds").zip(recorded(test, "examples")) else { return };
    let examples = examples(&folder);
    let mut refusals = Vec::new();
    for definitions in [peers, OURS.into()] {
        let Some(plane) = ControlPlane::for_test(test, Level::Api, &[definitions]) else { return };
        refusals.push(refused(&client::of(&plane).await, &examples).await);
    }
    assert!(refusals[0].len() < examples.len() / 4, "most are let in: {:#?}", refusals[0]);
    assert_eq!(lost(&refusals[0], &refusals[1]), Vec::<String>::new());
}
