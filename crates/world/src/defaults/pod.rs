//! Pods and pod templates.

use serde_json::{Value, json};

use crate::meta::{default, items};

/// A pod of its own: the template's defaults and what only the cluster sets.
pub(crate) fn pod(object: &mut Value) {
    if let Some(spec) = object.get_mut("spec") {
        pod_spec(spec);
        default(spec, &["serviceAccountName"], "default");
        default(spec, &["enableServiceLinks"], true);
    }
    default(object, &["status", "phase"], "Pending");
    if object["status"].get("qosClass").is_none() {
        object["status"]["qosClass"] = quality(&object["spec"]).into();
    }
}

/// The spec of a pod or of a pod template.
pub(crate) fn pod_spec(spec: &mut Value) {
    default(spec, &["restartPolicy"], "Always");
    default(spec, &["dnsPolicy"], "ClusterFirst");
    default(spec, &["schedulerName"], "default-scheduler");
    default(spec, &["securityContext"], json!({}));
    default(spec, &["terminationGracePeriodSeconds"], 30);
    for list in ["containers", "initContainers"] {
        for one in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            container(one);
        }
    }
}

fn container(container: &mut Value) {
    default(container, &["resources"], json!({}));
    default(container, &["terminationMessagePath"], "/dev/termination-log");
    default(container, &["terminationMessagePolicy"], "File");
    let latest = {
        let image = container["image"].as_str().unwrap_or_default();
        let tag = image.rsplit_once('/').map_or(image, |(_, last)| last);
        !tag.contains('@') && (tag.ends_with(":latest") || !tag.contains(':'))
    };
    default(container, &["imagePullPolicy"], if latest { "Always" } else { "IfNotPresent" });
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        default(port, &["protocol"], "TCP");
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).filter(|probe| probe.is_object()) {
            for (field, value) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                default(probe, &[field], value);
            }
            if let Some(http) = probe.get_mut("httpGet") {
                default(http, &["path"], "/");
                default(http, &["scheme"], "HTTP");
            }
        }
    }
}

/// Guaranteed: all limits are set, and requests equal them; BestEffort: nothing is set.
fn quality(spec: &Value) -> &'static str {
    let containers = items(spec, &["containers"]);
    let of = |container: &Value, what: &str, of: &str| container["resources"][what].get(of).cloned();
    let set = |container: &Value| {
        ["requests", "limits"]
            .iter()
            .any(|what| ["cpu", "memory"].iter().any(|r| of(container, what, r).is_some()))
    };
    let full = |container: &Value| {
        ["cpu", "memory"].iter().all(|resource| {
            let limit = of(container, "limits", resource);
            limit.is_some()
                && of(container, "requests", resource).is_none_or(|request| Some(request) == limit)
        })
    };
    if !containers.iter().any(set) {
        "BestEffort"
    } else if containers.iter().all(full) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}
