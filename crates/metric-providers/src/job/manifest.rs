//! The Job that a measurement makes.

use std::collections::BTreeMap;

use crd::{AnalysisRun, Metric};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::METRIC_NAME;

/// Longest name that a Job can have: it is the value of a label.
const LONGEST: usize = 63;
const UID: &str = "analysisrun.argoproj.io/uid";

/// `provider.job`
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Config {
    metadata: Metadata,
    /// A `batch/v1` JobSpec.
    spec: Json,
}

/// Only this much of the metadata is used.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
}

/// `<uid>.<metric>.<n>`, where `n` counts the measurements, those with errors too; the metric's name gives way.
pub(super) fn name(run: &AnalysisRun, metric: &Metric) -> String {
    let result = run.status.metric_results.iter().find(|result| result.name == metric.name);
    let number = result.map_or(0, |result| result.count.saturating_add(result.error)).saturating_add(1);
    let uid = &run.metadata.uid;
    let rest = uid.len() + number.to_string().len() + 2;
    format!("{uid}.{}.{number}", within(&metric.name, LONGEST.saturating_sub(rest)))
}

/// A metric's name in so much room. What is cut ends with a digest of the whole: names that begin alike are none the less
/// of two Jobs, where the peer's would share one, and its verdict.
fn within(name: &str, room: usize) -> String {
    if name.len() <= room {
        return name.to_owned();
    }
    let [one, two, three, four, ..]: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    let digest = format!("{:08x}", u32::from_be_bytes([one, two, three, four]));
    let beginning = name.get(..name.floor_char_boundary(room.saturating_sub(digest.len() + 1)));
    // Kubernetes lets no part between dots end with what is neither letter nor digit.
    let beginning = beginning.unwrap_or_default().trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    if beginning.is_empty() { digest } else { format!("{beginning}-{digest}") }
}

/// Who owns a Job: its run, where both are in the same namespace of the same cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Run,
    None,
}

/// The Job in full.
pub(super) fn job(
    run: &AnalysisRun,
    metric: &Metric,
    config: &Config,
    namespace: &str,
    name: &str,
    owner: Owner,
) -> Json {
    let mut labels = config.metadata.labels.clone().unwrap_or_default();
    labels.insert(UID.to_owned(), run.metadata.uid.clone());
    let mut annotations = config.metadata.annotations.clone().unwrap_or_default();
    annotations.extend(
        [
            ("analysisrun.argoproj.io/name", &run.metadata.name),
            ("analysisrun.argoproj.io/namespace", &run.metadata.namespace),
            (METRIC_NAME, &metric.name),
        ]
        .map(|(key, value)| (key.to_owned(), value.clone())),
    );
    let owners = match owner {
        Owner::Run => vec![reference(run)],
        Owner::None => Vec::new(),
    };
    let metadata = json!({
        "name": name,
        "namespace": namespace,
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": owners,
    });
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec(run, config)})
}

fn reference(run: &AnalysisRun) -> Json {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "name": run.metadata.name,
        "uid": run.metadata.uid,
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// The spec as written, with the label on its pods as well: their watch is narrowed to it.
fn spec(run: &AnalysisRun, config: &Config) -> Json {
    let mut spec = config.spec.clone();
    let mut at = &mut spec;
    for member in ["template", "metadata", "labels"] {
        if !at.is_object() {
            *at = Json::Object(Map::new());
        }
        let Json::Object(members) = at else { return spec };
        at = members.entry(member).or_insert(Json::Null);
    }
    if !at.is_object() {
        *at = Json::Object(Map::new());
    }
    if let Json::Object(labels) = at {
        labels.insert(UID.to_owned(), Json::from(run.metadata.uid.as_str()));
    }
    spec
}
