//! Kinds that CustomResourceDefinitions make.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Column, CustomVersion, Kind, ScalePaths};
use crate::meta;
use crate::schema::Schema;
use crate::store::{Id, Store};

/// Keeps a deleted definition until its objects are gone.
pub(crate) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Whether this is the address of a CustomResourceDefinition.
pub(crate) fn is_definition(id: &Id) -> bool {
    &*id.plural == "customresourcedefinitions" && &*id.group == "apiextensions.k8s.io"
}

/// Serves the kind that a stored definition describes.
pub(crate) fn register(store: &mut Store, definition: &Value) {
    let spec = &definition["spec"];
    let mut versions: Vec<&Value> =
        meta::items(spec, &["versions"]).iter().filter(|v| v["served"] == true).collect();
    versions.sort_by_key(|version| version["storage"] != true);
    let Some(first) = versions.first() else { return };
    let names = &spec["names"];
    let words = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let kind = meta::text(names, &["kind"]);
    store.add_kind(Kind {
        group: meta::text(spec, &["group"]).into(),
        versions: versions.iter().map(|version| meta::text(version, &["name"]).to_owned()).collect(),
        kind: kind.into(),
        plural: meta::text(names, &["plural"]).into(),
        singular: names["singular"].as_str().map_or_else(|| kind.to_ascii_lowercase(), str::to_owned),
        short_names: words(&names["shortNames"]),
        categories: words(&names["categories"]),
        namespaced: spec["scope"] != "Cluster",
        status: first["subresources"].get("status").is_some(),
        scale: first["subresources"].get("scale").map(scale_paths),
        custom: versions
            .iter()
            .map(|v| (meta::text(v, &["name"]).to_owned(), version(v)))
            .collect::<BTreeMap<_, _>>(),
    });
}

/// Serves the kind of a removed definition no longer.
pub(crate) fn unregister(store: &mut Store, definition: &Id) {
    if let Some((plural, group)) = definition.name.split_once('.') {
        store.remove_kind(group, plural);
    }
}

/// Sets the `status` that a definition has once its names are taken.
pub(crate) fn establish(definition: &mut Value, now: &str) {
    let mut names = definition["spec"]["names"].clone();
    let kind = meta::text(&names, &["kind"]).to_owned();
    meta::default(&mut names, &["listKind"], format!("{kind}List"));
    meta::default(&mut names, &["singular"], kind.to_ascii_lowercase());
    meta::set(definition, &["spec", "names"], names.clone());
    meta::default(definition, &["spec", "conversion"], json!({"strategy": "None"}));
    meta::set(definition, &["metadata", "finalizers"], json!([CLEANUP]));
    let stored = meta::items(definition, &["spec", "versions"]).iter().filter(|v| v["storage"] == true);
    let stored: Vec<Value> = stored.map(|version| version["name"].clone()).collect();
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message});
    definition["status"] = json!({
        "acceptedNames": names,
        "storedVersions": stored,
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
    });
}

fn version(version: &Value) -> CustomVersion {
    let columns = meta::items(version, &["additionalPrinterColumns"]).iter().map(|column| Column {
        name: meta::text(column, &["name"]).to_owned(),
        json_path: meta::text(column, &["jsonPath"]).to_owned(),
        kind: meta::text(column, &["type"]).to_owned(),
        format: meta::text(column, &["format"]).to_owned(),
        description: meta::text(column, &["description"]).to_owned(),
        priority: meta::number(column, &["priority"]).unwrap_or(0),
    });
    CustomVersion {
        schema: Arc::new(Schema::parse(&version["schema"]["openAPIV3Schema"])),
        columns: columns.collect(),
    }
}

fn scale_paths(scale: &Value) -> ScalePaths {
    let path = |key: &str| -> Vec<String> {
        let text = meta::text(scale, &[key]);
        text.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect()
    };
    let selector = path("labelSelectorPath");
    ScalePaths {
        spec: path("specReplicasPath"),
        status: path("statusReplicasPath"),
        selector: Some(selector),
    }
}
