//! The columns of built-in kinds: one row of [`TABLES`] each.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{age::age, pod};
use crate::meta::{at, items, number, text};
use crate::selection::LabelSelector;

/// One column.
pub(super) struct Column {
    name: &'static str,
    kind: &'static str,
    /// Shown by `-o wide` only.
    wide: bool,
    pub(super) cell: fn(&Value, Timestamp) -> Value,
}

type Cell = fn(&Value, Timestamp) -> Value;

const fn col(name: &'static str, cell: Cell) -> Column {
    Column { name, kind: "string", wide: false, cell }
}

const fn count(name: &'static str, cell: Cell) -> Column {
    Column { kind: "integer", ..col(name, cell) }
}

const fn wide(name: &'static str, cell: Cell) -> Column {
    Column { wide: true, ..col(name, cell) }
}

const NAME: Column = col("Name", |object, _| object["metadata"]["name"].clone());
const AGE: Column = col("Age", |object, now| age(&object["metadata"]["creationTimestamp"], now));

const DEFAULT: &[Column] = &[NAME, AGE];

/// Columns by group and plural.
#[rustfmt::skip] // one column, one line
const TABLES: &[(&str, &str, &[Column])] = &[
    ("", "pods", &[
        NAME, col("Ready", pod::ready), col("Status", pod::status), col("Restarts", pod::restarts), AGE,
        wide("IP", |o, _| or_none(&o["status"]["podIP"])), wide("Node", |o, _| or_none(&o["spec"]["nodeName"])),
        wide("Nominated Node", |o, _| or_none(&o["status"]["nominatedNodeName"])), wide("Readiness Gates", |_, _| "<none>".into()),
    ]),
    ("apps", "replicasets", &[
        NAME, count("Desired", |o, _| figure(o, "spec", "replicas")), count("Current", |o, _| figure(o, "status", "replicas")),
        count("Ready", |o, _| figure(o, "status", "readyReplicas")), AGE, wide("Containers", containers), wide("Images", images), wide("Selector", selector),
    ]),
    ("apps", "deployments", &[
        NAME, col("Ready", ready_of_wanted), count("Up-to-date", |o, _| figure(o, "status", "updatedReplicas")),
        count("Available", |o, _| figure(o, "status", "availableReplicas")), AGE, wide("Containers", containers), wide("Images", images), wide("Selector", selector),
    ]),
    ("apps", "statefulsets", &[NAME, col("Ready", ready_of_wanted), AGE, wide("Containers", containers), wide("Images", images)]),
    ("batch", "jobs", &[
        NAME, col("Status", job_status), col("Completions", completions), col("Duration", job_duration), AGE, wide("Containers", containers), wide("Images", images), wide("Selector", selector),
    ]),
    ("", "services", &[
        NAME, col("Type", |o, _| o["spec"]["type"].clone()), col("Cluster-IP", |o, _| or_none(&o["spec"]["clusterIP"])),
        col("External-IP", external_ip), col("Port(s)", service_ports), AGE, wide("Selector", |o, _| plain_selector(&o["spec"]["selector"])),
    ]),
    ("", "configmaps", &[NAME, col("Data", |o, _| (fields(&o["data"]) + fields(&o["binaryData"])).into()), AGE]),
    ("", "secrets", &[NAME, col("Type", |o, _| o["type"].clone()), col("Data", |o, _| fields(&o["data"]).into()), AGE]),
    ("", "serviceaccounts", &[NAME, count("Secrets", |o, _| items(o, &["secrets"]).len().into()), AGE]),
    ("", "namespaces", &[NAME, col("Status", |o, _| o["status"]["phase"].clone()), AGE]),
    ("", "endpoints", &[NAME, col("Endpoints", endpoints), AGE]),
    ("", "events", &[
        col("Last Seen", last_seen), col("Type", |o, _| o["type"].clone()), col("Reason", |o, _| o["reason"].clone()),
        col("Object", |o, _| about(&o["involvedObject"])), col("Message", |o, _| text(o, &["message"]).trim().into()), wide("Name", |o, _| o["metadata"]["name"].clone()),
    ]),
    ("events.k8s.io", "events", &[
        col("Last Seen", last_seen), col("Type", |o, _| o["type"].clone()), col("Reason", |o, _| o["reason"].clone()),
        col("Object", |o, _| about(&o["regarding"])), col("Message", |o, _| text(o, &["note"]).trim().into()), wide("Name", |o, _| o["metadata"]["name"].clone()),
    ]),
    ("discovery.k8s.io", "endpointslices", &[
        NAME, col("AddressType", |o, _| o["addressType"].clone()), col("Ports", slice_ports), col("Endpoints", slice_endpoints), AGE,
    ]),
    ("coordination.k8s.io", "leases", &[NAME, col("Holder", |o, _| o["spec"]["holderIdentity"].clone()), AGE]),
    ("policy", "poddisruptionbudgets", &[
        NAME, col("Min Available", |o, _| or_na(&o["spec"]["minAvailable"])), col("Max Unavailable", |o, _| or_na(&o["spec"]["maxUnavailable"])),
        count("Allowed Disruptions", |o, _| figure(o, "status", "disruptionsAllowed")), AGE,
    ]),
    ("autoscaling", "horizontalpodautoscalers", &[
        NAME, col("Reference", |o, _| { let r = &o["spec"]["scaleTargetRef"]; format!("{}/{}", text(r, &["kind"]), text(r, &["name"])).into() }), col("Targets", |_, _| "<unknown>".into()),
        col("MinPods", |o, _| figure(o, "spec", "minReplicas").to_string().into()), count("MaxPods", |o, _| figure(o, "spec", "maxReplicas")),
        count("Replicas", |o, _| figure(o, "status", "currentReplicas")), AGE,
    ]),
    ("apiextensions.k8s.io", "customresourcedefinitions", &[NAME, col("Created At", |o, _| o["metadata"]["creationTimestamp"].clone())]),
];

/// The columns of a kind.
pub(super) fn of((group, plural): (&str, &str)) -> &'static [Column] {
    TABLES.iter().find(|(g, p, _)| *g == group && *p == plural).map_or(DEFAULT, |(_, _, columns)| columns)
}

impl Column {
    pub(super) fn definition(&self) -> Value {
        let format = if self.name == "Name" { "name" } else { "" };
        json!({
            "name": self.name, "type": self.kind, "format": format, "description": "", "priority": i32::from(self.wide),
        })
    }
}

/// A count; zero when it is left out.
fn figure(object: &Value, part: &str, field: &str) -> Value {
    number(object, &[part, field]).unwrap_or(0).into()
}

fn or_none(value: &Value) -> Value {
    if value.is_null() || value == "" { "<none>".into() } else { value.clone() }
}

fn or_na(value: &Value) -> Value {
    match value {
        Value::Null => "N/A".into(),
        Value::String(_) => value.clone(),
        number => number.to_string().into(),
    }
}

fn fields(map: &Value) -> usize {
    map.as_object().map_or(0, serde_json::Map::len)
}

fn join(parts: impl Iterator<Item = String>) -> Value {
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "<none>".into() } else { parts.join(",").into() }
}

fn container_fields(object: &Value, field: &str) -> Value {
    let containers = items(object, &["spec", "template", "spec", "containers"]).iter();
    join(containers.map(|container| text(container, &[field]).to_owned()))
}

fn containers(object: &Value, _now: Timestamp) -> Value {
    container_fields(object, "name")
}

fn images(object: &Value, _now: Timestamp) -> Value {
    container_fields(object, "image")
}

fn selector(object: &Value, _now: Timestamp) -> Value {
    join(std::iter::once(LabelSelector::from_object(&object["spec"]["selector"]).to_string()))
}

fn plain_selector(labels: &Value) -> Value {
    join(std::iter::once(LabelSelector::from_object(&json!({"matchLabels": labels})).to_string()))
}

fn ready_of_wanted(object: &Value, _now: Timestamp) -> Value {
    format!("{}/{}", figure(object, "status", "readyReplicas"), figure(object, "spec", "replicas")).into()
}

fn job_status(job: &Value, _now: Timestamp) -> Value {
    let holds = |kind: &str| {
        items(job, &["status", "conditions"]).iter().any(|one| one["type"] == kind && one["status"] == "True")
    };
    ["Complete", "Failed", "Suspended"].into_iter().find(|kind| holds(kind)).unwrap_or("Running").into()
}

fn completions(job: &Value, _now: Timestamp) -> Value {
    format!("{}/{}", figure(job, "status", "succeeded"), number(job, &["spec", "completions"]).unwrap_or(1))
        .into()
}

fn job_duration(job: &Value, now: Timestamp) -> Value {
    let end = crate::meta::time(job, &["status", "completionTime"]).unwrap_or(now);
    at(job, &["status", "startTime"]).map_or(Value::from(""), |start| age(start, end))
}

fn external_ip(service: &Value, _now: Timestamp) -> Value {
    let ingress = items(service, &["status", "loadBalancer", "ingress"]).iter();
    let found: Vec<String> = ingress
        .map(|one| format!("{}{}", text(one, &["ip"]), text(one, &["hostname"])))
        .chain(std::iter::once(text(service, &["spec", "externalName"]).to_owned()))
        .filter(|address| !address.is_empty())
        .collect();
    match (found.is_empty(), text(service, &["spec", "type"])) {
        (true, "LoadBalancer") => "<pending>".into(),
        (true, _) => "<none>".into(),
        _ => found.join(",").into(),
    }
}

fn service_ports(service: &Value, _now: Timestamp) -> Value {
    join(items(service, &["spec", "ports"]).iter().map(|port| {
        let node = number(port, &["nodePort"]).map(|node| format!(":{node}")).unwrap_or_default();
        format!("{}{node}/{}", number(port, &["port"]).unwrap_or(0), text(port, &["protocol"]))
    }))
}

/// Three of them; the rest is a number.
fn shortened(all: &[String]) -> Value {
    let shown: Vec<&str> = all.iter().take(3).map(String::as_str).collect();
    match all.len() {
        0 => "<none>".into(),
        1..=3 => shown.join(",").into(),
        many => format!("{} + {} more...", shown.join(","), many - 3).into(),
    }
}

fn endpoints(object: &Value, _now: Timestamp) -> Value {
    let mut all = Vec::new();
    for subset in items(object, &["subsets"]) {
        for port in items(subset, &["ports"]) {
            let addresses = items(subset, &["addresses"]).iter();
            all.extend(addresses.map(|one| format!("{}:{}", text(one, &["ip"]), port["port"])));
        }
    }
    shortened(&all)
}

fn slice_ports(slice: &Value, _now: Timestamp) -> Value {
    join(items(slice, &["ports"]).iter().map(|port| port["port"].to_string()))
}

fn slice_endpoints(slice: &Value, _now: Timestamp) -> Value {
    let addresses = items(slice, &["endpoints"]).iter().flat_map(|endpoint| items(endpoint, &["addresses"]));
    let all: Vec<String> = addresses.filter_map(Value::as_str).map(str::to_owned).collect();
    shortened(&all)
}

fn last_seen(event: &Value, now: Timestamp) -> Value {
    let places: [&[&str]; 5] = [
        &["series", "lastObservedTime"],
        &["lastTimestamp"],
        &["eventTime"],
        &["deprecatedLastTimestamp"],
        &["metadata", "creationTimestamp"],
    ];
    let found = places.iter().find_map(|path| at(event, path).filter(|time| time.is_string()));
    age(found.unwrap_or(&Value::Null), now)
}

fn about(reference: &Value) -> Value {
    let (kind, name) = (text(reference, &["kind"]), text(reference, &["name"]));
    format!("{}/{name}", kind.to_ascii_lowercase()).into()
}
