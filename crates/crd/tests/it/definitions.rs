//! The CustomResourceDefinitions: golden files, size, and equality with those of the public controller.

use std::collections::BTreeMap;
use std::path::Path;

use aviary_crd::{manifests, yaml};
use serde_json::{Value, json};
use xtask::recorded;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/crds");

/// Names of our files and of the recorded ones.
const NAMES: [(&str, &str); 5] = [
    ("rollouts", "rollout-crd"),
    ("analysisruns", "analysis-run-crd"),
    ("analysistemplates", "analysis-template-crd"),
    ("clusteranalysistemplates", "cluster-analysis-template-crd"),
    ("experiments", "experiment-crd"),
];

#[test]
fn the_manifests_are_those_in_fixtures() {
    for ((name, _), manifest) in NAMES.iter().zip(manifests()) {
        let path = Path::new(FIXTURES).join(format!("{name}.yaml"));
        let text = yaml::to_string(&manifest).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(golden == text, "{} is out of date: UPDATE=1 cargo test -p aviary-crd", path.display());
        assert_eq!(yaml::from_str::<Value>(&golden).unwrap(), manifest, "{name} does not read back");
    }
}

#[test]
fn a_manifest_fits_into_an_annotation() {
    for manifest in manifests() {
        let size = serde_json::to_string(&manifest).unwrap().len();
        assert!(size < 262_144, "{}: {size} bytes", manifest["metadata"]["name"]);
    }
}

#[test]
fn the_manifests_accept_exactly_what_the_public_ones_accept() {
    let Some(folder) = recorded("the_manifests_accept_exactly_what_the_public_ones_accept", "crds") else {
        return;
    };
    for ((_, name), ours) in NAMES.iter().zip(manifests()) {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let theirs: Value = yaml::from_str(&text).unwrap();
        let (ours, theirs) = (&ours["spec"], &theirs["spec"]);
        for key in ["group", "names", "scope"] {
            assert_eq!(ours[key], theirs[key], "{name} {key}");
        }
        let (ours, theirs) = (&ours["versions"][0], &theirs["versions"][0]);
        for key in ["name", "served", "storage", "subresources"] {
            assert_eq!(ours[key], theirs[key], "{name} {key}");
        }
        assert_eq!(columns(ours), columns(theirs), "{name} columns");
        let open = paths(&ours["schema"]["openAPIV3Schema"]);
        let mut closed = paths(&theirs["schema"]["openAPIV3Schema"]);
        // Required and shaped alike, except below what we keep open.
        for (path, schema) in &open {
            if schema["x-kubernetes-preserve-unknown-fields"] == true {
                closed.retain(|other, _| !other.starts_with(&format!("{path}.")));
                closed.insert(path.clone(), schema.clone());
            }
        }
        let only = |these: &BTreeMap<String, Value>, those: &BTreeMap<String, Value>| -> Vec<String> {
            let mut these = these.iter().filter(|(path, schema)| those.get(*path) != Some(*schema)).take(5);
            these.by_ref().map(|(path, schema)| format!("{path} {schema}")).collect()
        };
        assert_eq!(only(&open, &closed), only(&closed, &open), "{name}");
    }
}

fn columns(version: &Value) -> Vec<Value> {
    let columns = version["additionalPrinterColumns"].as_array().unwrap();
    columns.iter().map(|column| json!([column["name"], column["type"], column["jsonPath"]])).collect()
}

/// Every field by path, with its schema less the children and the prose.
fn paths(schema: &Value) -> BTreeMap<String, Value> {
    let mut paths = BTreeMap::new();
    walk(schema, String::new(), &mut paths);
    paths
}

fn walk(schema: &Value, path: String, paths: &mut BTreeMap<String, Value>) {
    let mut own = schema.as_object().unwrap().clone();
    own.remove("description");
    if let Some(Value::Array(required)) = own.get_mut("required") {
        required.sort_by_key(ToString::to_string);
    }
    for (name, child) in own.remove("properties").iter().flat_map(|all| all.as_object().unwrap()) {
        walk(child, format!("{path}.{name}"), paths);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(child) = own.remove(key) {
            walk(&child, format!("{path}.{mark}"), paths);
        }
    }
    paths.insert(path, Value::Object(own));
}
