//! Endpoints and EndpointSlices: which pods stand behind a Service.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Controller, pods, write};
use crate::WatchEvent;
use crate::meta::{self, items, number, text};
use crate::selection::LabelSelector;
use crate::store::{Id, Store};
use crate::verbs::is_ready;

pub(super) const ENDPOINTS: Controller = Controller { concerns, sync };

fn concerns(store: &Store, event: &WatchEvent) -> Vec<Id> {
    if pods::is_about(event, "", "services") {
        return vec![event.id()];
    }
    if !pods::is_about(event, "", "pods") {
        return Vec::new();
    }
    let Some(services) = store.collection("", "services") else { return Vec::new() };
    let namespace = meta::namespace(&event.object);
    let labels = [Some(&event.object), event.previous.as_ref()].into_iter().flatten();
    let labels: Vec<&Value> = labels.map(|pod| &pod["metadata"]["labels"]).collect();
    let selects = |service: &&Arc<Value>| {
        selector(service).is_some_and(|selector| labels.iter().any(|labels| selector.matches(labels)))
    };
    services
        .objects(namespace)
        .filter(selects)
        .map(|service| services.id(namespace, meta::name(service)))
        .collect()
}

/// A Service without a selector has endpoints of somebody else's making.
fn selector(service: &Value) -> Option<LabelSelector> {
    let labels = meta::at(service, &["spec", "selector"])?;
    labels.as_object().filter(|labels| !labels.is_empty())?;
    Some(LabelSelector::from_object(&json!({"matchLabels": labels})))
}

fn sync(store: &mut Store, id: &Id, now: Timestamp) -> Option<Timestamp> {
    let endpoints = store.kind("", "endpoints").map(|kind| kind.id(&id.namespace, &id.name))?;
    let Some(service) = store.find(id).cloned() else {
        write::delete(store, &endpoints, "", now);
        return None;
    };
    let selector = selector(&service)?;
    let chosen = store.list("", "pods", &id.namespace);
    let chosen = chosen.filter(|pod| selector.matches(&pod["metadata"]["labels"]) && has_address(pod));
    let chosen: Vec<Arc<Value>> = chosen.cloned().collect();
    put(store, "", "endpoints", &endpoints, self::endpoints(&service, &chosen), now);
    let slice = slice_id(store, &service)?;
    put(store, "discovery.k8s.io", "endpointslices", &slice, self::slice(&service, &slice, &chosen), now);
    None
}

fn has_address(pod: &Value) -> bool {
    !text(pod, &["status", "podIP"]).is_empty()
        && !matches!(text(pod, &["status", "phase"]), "Succeeded" | "Failed")
}

fn put(store: &mut Store, group: &str, plural: &str, id: &Id, wanted: Value, now: Timestamp) {
    if store.find(id).is_none() {
        write::create(store, group, plural, wanted, now);
        return;
    }
    write::change(store, id, |live| {
        for (field, value) in
            wanted.as_object().into_iter().flatten().filter(|(field, _)| *field != "metadata")
        {
            live[field.as_str()] = value.clone();
        }
    });
}

/// The slice that the Service controls already, or the place of a new one.
fn slice_id(store: &mut Store, service: &Value) -> Option<Id> {
    let slice = store.dependents(meta::uid(service)).find(|id| &*id.plural == "endpointslices").cloned();
    if slice.is_some() {
        return slice;
    }
    let name = crate::verbs::generated(store, &format!("{}-", meta::name(service)));
    Some(store.kind("discovery.k8s.io", "endpointslices")?.id(meta::namespace(service), &name))
}

fn endpoints(service: &Value, chosen: &[Arc<Value>]) -> Value {
    let address = |pod: &Arc<Value>| {
        let mut address = json!({"ip": text(pod, &["status", "podIP"]), "targetRef": target(pod)});
        meta::set(&mut address, &["nodeName"], pod["spec"]["nodeName"].clone());
        address
    };
    let (ready, waiting): (Vec<&Arc<Value>>, Vec<&Arc<Value>>) =
        chosen.iter().filter(|pod| !meta::is_deleting(pod)).partition(|pod| is_ready(pod));
    let list = |pods: Vec<&Arc<Value>>| -> Vec<Value> { pods.into_iter().map(address).collect() };
    let mut subset = json!({"ports": ports(service, chosen.first(), false)});
    for (field, pods) in [("addresses", ready), ("notReadyAddresses", waiting)] {
        if !pods.is_empty() {
            subset[field] = list(pods).into();
        }
    }
    let empty = subset.get("addresses").or(subset.get("notReadyAddresses")).is_none();
    json!({
        "metadata": {"name": meta::name(service), "namespace": meta::namespace(service)},
        "subsets": if empty { json!([]) } else { json!([subset]) },
    })
}

fn slice(service: &Value, id: &Id, chosen: &[Arc<Value>]) -> Value {
    let endpoint = |pod: &Arc<Value>| {
        let (ready, ending) = (is_ready(pod), meta::is_deleting(pod));
        let mut endpoint = json!({
            "addresses": [text(pod, &["status", "podIP"])], "targetRef": target(pod),
            "conditions": {"ready": ready && !ending, "serving": ready, "terminating": ending},
        });
        meta::set(&mut endpoint, &["nodeName"], pod["spec"]["nodeName"].clone());
        endpoint
    };
    let endpoints: Vec<Value> = chosen.iter().map(endpoint).collect();
    json!({
        "metadata": {
            "name": &*id.name, "namespace": &*id.namespace, "ownerReferences": [meta::controlled_by(service)],
            "labels": {
                "kubernetes.io/service-name": meta::name(service),
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
        },
        "addressType": "IPv4", "endpoints": endpoints, "ports": ports(service, chosen.first(), true),
    })
}

fn target(pod: &Value) -> Value {
    json!({"kind": "Pod", "namespace": meta::namespace(pod), "name": meta::name(pod), "uid": meta::uid(pod)})
}

/// The ports of the pods; a slice names each port, if only with nothing.
fn ports(service: &Value, pod: Option<&Arc<Value>>, always_named: bool) -> Vec<Value> {
    let port = |port: &Value| {
        let mut entry = Map::new();
        let name = text(port, &["name"]);
        if always_named || !name.is_empty() {
            entry.insert("name".to_owned(), name.into());
        }
        entry.insert("port".to_owned(), target_port(port, pod)?.into());
        entry.insert("protocol".to_owned(), port["protocol"].clone());
        Some(Value::Object(entry))
    };
    items(service, &["spec", "ports"]).iter().filter_map(port).collect()
}

/// The number behind a target port; a name is looked up in the pod.
fn target_port(port: &Value, pod: Option<&Arc<Value>>) -> Option<i64> {
    let Some(name) = port["targetPort"].as_str() else {
        return number(port, &["targetPort"]).or_else(|| number(port, &["port"]));
    };
    let containers = items(pod?, &["spec", "containers"]).iter();
    let mut ports = containers.flat_map(|container| items(container, &["ports"]));
    number(ports.find(|port| text(port, &["name"]) == name)?, &["containerPort"])
}
