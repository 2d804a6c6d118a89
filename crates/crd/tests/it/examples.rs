//! Manifests that people write: nothing that we know is pruned by our schemas or lost by our types.

use std::path::{Path, PathBuf};

use aviary_crd::{
    AnalysisRun, AnalysisTemplate, Experiment, Kind, PodTemplate, Rollout, hash, manifests, yaml,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use xtask::recorded;

/// Documents of our kinds below `data/examples`, each with its place.
fn documents(test: &str) -> Option<Vec<(String, Value)>> {
    let folder = recorded(test, "examples")?;
    let mut found = Vec::new();
    for path in files(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        for document in yaml::documents(&text).into_iter().flatten() {
            let name = path.strip_prefix(&folder).unwrap().display();
            if document.value["apiVersion"] == "argoproj.io/v1alpha1" {
                found.push((format!("{name}:{}", document.line), document.value));
            }
        }
    }
    assert!(found.len() > 80, "only {} documents", found.len());
    Some(found)
}

/// Every file below `folder`, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn schema(kind: &str) -> Option<Value> {
    let mut manifests = manifests().into_iter();
    let manifest = manifests.find(|manifest| manifest["spec"]["names"]["kind"] == kind)?;
    Some(manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone())
}

/// What the server would refuse or prune.
fn complaints(value: &Value, schema: &Value, path: &str, found: &mut Vec<String>) {
    let kind = match value {
        Value::Null => return,
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if schema["format"] == "date-time"
        && value.as_str().is_none_or(|text| text.parse::<jiff::Timestamp>().is_err())
    {
        found.push(format!("{path} is no time"));
    }
    let either = schema["x-kubernetes-int-or-string"] == true && ["integer", "string"].contains(&kind);
    if schema["type"] != kind && !either {
        found.push(format!("{path} is {kind}, not {}", schema["type"]));
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        if value.get(required.as_str().unwrap()).is_none() {
            found.push(format!("{path} lacks {required}"));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        complaints(item, &schema["items"], &format!("{path}[{index}]"), found);
    }
    let open = schema["x-kubernetes-preserve-unknown-fields"] == true || path == ".metadata";
    for (key, member) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        match (schema["properties"].get(key), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => complaints(member, schema, &path, found),
            (None, None) if open => {}
            (None, None) => found.push(format!("{path} is pruned")),
        }
    }
}

fn complaints_about(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(schema) = schema(value["kind"].as_str().unwrap()) {
        complaints(value, &schema, "", &mut found);
    }
    found
}

/// The examples without those that are excerpts or flawed.
fn sound(test: &str) -> Option<impl Iterator<Item = (String, Value)>> {
    Some(documents(test)?.into_iter().filter(|(_, value)| complaints_about(value).is_empty()))
}

/// Excerpts and flaws in the documentation's own snippets; the public definitions complain of the same.
const FLAWED: &[(&str, &str)] = &[
    ("docs-snippets/features_analysis-01.yaml:1", ".spec.args[1].value is integer, not \"string\""),
    ("docs-snippets/features_analysis-28.yaml:1", ".spec.metrics[0].provider.web lacks \"url\""),
    ("docs-snippets/features_notifications-02.yaml:2", " lacks \"spec\""),
    (
        "docs-snippets/features_specification-00.yaml:1",
        ".spec.strategy.canary.steps[6].replicaProgressThreshold is pruned",
    ),
    ("docs-snippets/features_specification-00.yaml:1", ".status.pauseConditions[0].startTime is no time"),
    ("docs-snippets/features_specification-00.yaml:1", ".status.pauseConditions[1].startTime is no time"),
    ("docs-snippets/features_specification-00.yaml:1", ".status.pauseConditions[2].startTime is no time"),
    (
        "docs-snippets/features_traffic-management_alb-03.yaml:1",
        ".spec.strategy.canary.trafficRouting.alb lacks \"servicePort\"",
    ),
    (
        "docs-snippets/features_traffic-management_alb-04.yaml:1",
        ".spec.strategy.canary.trafficRouting.alb lacks \"servicePort\"",
    ),
    (
        "docs-snippets/features_traffic-management_alb-07.yaml:1",
        ".spec.strategy.canary.trafficRouting.alb lacks \"servicePort\"",
    ),
];

#[test]
fn the_definitions_accept_every_example_that_is_whole() {
    let Some(documents) = documents("the_definitions_accept_every_example_that_is_whole") else { return };
    let found: Vec<_> = documents
        .into_iter()
        .flat_map(|(place, value)| {
            complaints_about(&value).into_iter().map(move |complaint| (place.clone(), complaint))
        })
        .collect();
    let found: Vec<_> = found.iter().map(|(place, text)| (place.as_str(), text.as_str())).collect();
    assert_eq!(found, FLAWED);
}

/// Reads the example as `T` and writes it: what is there must be there again.
fn kept<T: DeserializeOwned + Serialize>(place: &str, value: &Value) -> Vec<String> {
    let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut lost = Vec::new();
    compare(&value["spec"], &serde_json::to_value(read).unwrap()["spec"], "spec", &mut lost);
    lost.into_iter().map(|loss| format!("{place}: {loss}")).collect()
}

fn compare(before: &Value, after: &Value, path: &str, lost: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), _) => {
            for (key, value) in before {
                compare(value, &after[key], &format!("{path}.{key}"), lost);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (before, after) in before.iter().zip(after) {
                compare(before, after, path, lost);
            }
        }
        (Value::Null | Value::Bool(false), Value::Null) => {}
        (before, after) if before == after => {}
        (before, after) => lost.push(format!("{path}: {before} became {after}")),
    }
}

#[test]
fn the_types_keep_every_field_of_every_example() {
    let Some(sound) = sound("the_types_keep_every_field_of_every_example") else { return };
    let mut lost = Vec::new();
    for (place, value) in sound {
        let kind = value["kind"].as_str().unwrap();
        lost.extend(match kind {
            _ if kind == Kind::ROLLOUT.kind => kept::<Rollout>(&place, &value),
            _ if kind == Kind::ANALYSIS_RUN.kind => kept::<AnalysisRun>(&place, &value),
            _ if kind == Kind::EXPERIMENT.kind => kept::<Experiment>(&place, &value),
            _ if kind.ends_with("AnalysisTemplate") => kept::<AnalysisTemplate>(&place, &value),
            _ => Vec::new(),
        });
    }
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn storing_an_example_changes_neither_its_hash_nor_its_pods() {
    let Some(sound) = sound("storing_an_example_changes_neither_its_hash_nor_its_pods") else { return };
    for (place, value) in sound.filter(|(_, value)| value["kind"] == "Rollout") {
        let rollout: Rollout = serde_json::from_value(value).unwrap();
        let template = &rollout.spec.template;
        let stored: PodTemplate = serde_json::from_str(&serde_json::to_string(template).unwrap()).unwrap();
        assert_eq!(hash::pod_template(template, None), hash::pod_template(&stored, None), "{place}");
        assert!(template.semantically_equal(&stored), "{place}");
    }
}
