//! Pods and what makes them.

use serde_json::Value;

use crate::meta::{at, items, number, text};
use crate::selection::LabelSelector;
use crate::status::FieldError;

const IMMUTABLE: &str = "field is immutable";

/// A pod: containers, and that only a few fields change after creation.
pub(crate) fn pod(old: Option<&Value>, pod: &Value) -> Vec<FieldError> {
    let mut errors = pod_spec(&pod["spec"], "spec");
    if let Some(old) = old {
        let fixed = |pod: &Value| {
            let mut spec = pod["spec"].clone();
            let Some(map) = spec.as_object_mut() else { return spec };
            for free in [
                "activeDeadlineSeconds",
                "tolerations",
                "terminationGracePeriodSeconds",
                "schedulingGates",
                "ephemeralContainers",
            ] {
                map.remove(free);
            }
            for list in ["containers", "initContainers"] {
                for container in map.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    container["image"] = Value::Null;
                }
            }
            spec
        };
        // Nothing to compare in the usual case: the spec was not touched at all.
        if old["spec"] != pod["spec"] && fixed(old) != fixed(pod) {
            errors.push(FieldError::forbidden(
                "spec",
                "pod updates may not change fields other than `spec.containers[*].image`,\
                 `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
                 existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                 previously negative)",
            ));
        }
    }
    errors
}

/// A ReplicaSet, Deployment, StatefulSet or DaemonSet.
pub(crate) fn workload(old: Option<&Value>, object: &Value) -> Vec<FieldError> {
    let spec = &object["spec"];
    if let Some(old) = old
        && old["spec"] == *spec
    {
        return Vec::new();
    }
    let mut errors = Vec::new();
    for field in ["replicas", "minReadySeconds", "revisionHistoryLimit"] {
        if let Some(count) = number(spec, &[field]).filter(|count| *count < 0) {
            let detail = "must be greater than or equal to 0";
            errors.push(FieldError::invalid(format!("spec.{field}"), &count.into(), detail));
        }
    }
    let selector = LabelSelector::from_object(&spec["selector"]);
    if spec.get("selector").is_none_or(Value::is_null) {
        errors.push(FieldError::required("spec.selector", ""));
    } else if selector.is_empty() {
        let detail = "empty selector is invalid for deployment";
        errors.push(FieldError::invalid("spec.selector", &spec["selector"], detail));
    } else if !selector.matches(&spec["template"]["metadata"]["labels"]) {
        let labels = at(spec, &["template", "metadata", "labels"]).unwrap_or(&Value::Null);
        let detail = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid("spec.template.metadata.labels", labels, detail));
    }
    if let Some(old) = old
        && old["spec"]["selector"] != spec["selector"]
    {
        errors.push(FieldError::invalid("spec.selector", &spec["selector"], IMMUTABLE));
    }
    errors.extend(pod_spec(&spec["template"]["spec"], "spec.template.spec"));
    errors
}

/// A Job: its template and selector stay.
pub(crate) fn job(old: Option<&Value>, job: &Value) -> Vec<FieldError> {
    let mut errors = pod_spec(&job["spec"]["template"]["spec"], "spec.template.spec");
    let policy = &job["spec"]["template"]["spec"]["restartPolicy"];
    if policy == "Always" || policy.is_null() {
        let allowed = ["OnFailure".to_owned(), "Never".to_owned()];
        let policy = if policy.is_null() { &Value::from("Always") } else { policy };
        errors.push(FieldError::not_supported("spec.template.spec.restartPolicy", policy, &allowed));
    }
    for field in ["template", "selector", "completions"] {
        if let Some(old) = old
            && old["spec"][field] != job["spec"][field]
        {
            errors.push(FieldError::invalid(format!("spec.{field}"), &job["spec"][field], IMMUTABLE));
        }
    }
    errors
}

/// A Service: ports, and that its address stays.
pub(crate) fn service(old: Option<&Value>, service: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let ports = items(service, &["spec", "ports"]);
    if ports.is_empty() && service["spec"]["type"] != "ExternalName" && service["spec"]["clusterIP"] != "None"
    {
        errors.push(FieldError::required("spec.ports", ""));
    }
    for (index, port) in ports.iter().enumerate() {
        if !matches!(number(port, &["port"]), Some(1..=65535)) {
            let (field, detail) =
                (format!("spec.ports[{index}].port"), "must be between 1 and 65535, inclusive");
            errors.push(FieldError::invalid(field, &port["port"], detail));
        }
        if ports.len() > 1 && text(port, &["name"]).is_empty() {
            errors.push(FieldError::required(format!("spec.ports[{index}].name"), ""));
        }
    }
    if let Some(old) = old {
        let (was, is) = (&old["spec"]["clusterIP"], &service["spec"]["clusterIP"]);
        if !was.is_null() && was != is && service["spec"]["type"] != "ExternalName" {
            let given = if is.is_null() { &Value::from("") } else { is };
            errors.push(FieldError::invalid("spec.clusterIPs[0]", given, "may not change once set"));
        }
    }
    errors
}

fn pod_spec(spec: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let containers = items(spec, &["containers"]);
    if containers.is_empty() {
        errors.push(FieldError::required(format!("{path}.containers"), ""));
    }
    for (index, container) in containers.iter().enumerate() {
        for field in ["name", "image"] {
            if text(container, &[field]).is_empty() {
                errors.push(FieldError::required(format!("{path}.containers[{index}].{field}"), ""));
            }
        }
        if containers.iter().take(index).any(|earlier| earlier["name"] == container["name"]) {
            errors.push(FieldError {
                field: format!("{path}.containers[{index}].name"),
                reason: "FieldValueDuplicate",
                message: format!("Duplicate value: {}", container["name"]),
            });
        }
    }
    errors
}
