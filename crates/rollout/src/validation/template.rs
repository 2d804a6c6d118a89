//! The pod template: what the API server would refuse when the ReplicaSet is created (spec cli-lint 4).

use std::collections::BTreeSet;

use crd::RolloutSpec;
use crd::quantity::Quantity;
use serde_json::Value;

use super::{Found, Problem, json, quoted, selector};

/// Finds what is wrong with selector and template.
pub(super) fn of(spec: &RolloutSpec, found: &mut Found) {
    if spec.workload_ref.is_some() {
        if !spec.template.metadata.labels.is_empty() || !spec.template.metadata.annotations.is_empty() {
            let detail = "Internal error: template must be empty for workload reference rollout";
            found.push(Problem::text("spec.template", detail.to_owned()));
        }
        return;
    }
    match &spec.selector {
        None => found.push(Problem::required("spec.selector", "Rollout has missing field '.spec.selector'")),
        Some(selector) if selector::check(selector, found) || selector.is_empty() => {}
        Some(_) => return,
    }
    check(spec, found);
}

fn check(spec: &RolloutSpec, found: &mut Found) {
    let labels = &spec.template.metadata.labels;
    if !spec.selector.as_ref().is_some_and(|selector| selector.matches(labels)) {
        found.push(Problem::invalid(
            "spec.template.metadata.labels",
            &if labels.is_empty() { "null".to_owned() } else { json(labels) },
            "`selector` does not match template `labels`",
        ));
    }
    let is_sound = |pod: &Value| {
        let mut found = Found::new();
        check_pod(pod, &mut found);
        found.is_empty()
    };
    if !spec.template.spec.is_sound(is_sound) {
        check_pod(&spec.template.spec.value(), found);
    }
}

fn check_pod(pod: &Value, found: &mut Found) {
    let volumes = names(pod.get("volumes"));
    let list = |field: &str| pod.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if list("containers").is_empty() {
        found.push(Problem::text("spec.template.spec.containers", "Required value".to_owned()));
    }
    for field in ["initContainers", "containers"] {
        let mut seen = BTreeSet::new();
        for (index, one) in list(field).iter().enumerate() {
            container(one, &format!("spec.template.spec.{field}[{index}]"), &volumes, &mut seen, found);
        }
    }
    match pod.get("restartPolicy").and_then(Value::as_str) {
        None | Some("" | "Always") => {}
        Some(other) => {
            let path = "spec.template.spec.restartPolicy";
            found.push(Problem::unsupported(path, &quoted(other), "\"Always\""));
        }
    }
    if pod.get("activeDeadlineSeconds").is_some_and(|seconds| !seconds.is_null()) {
        let path = "spec.template.spec.activeDeadlineSeconds";
        found.push(Problem::forbidden(path, "activeDeadlineSeconds in ReplicaSet is not Supported"));
    }
}

fn names(list: Option<&Value>) -> BTreeSet<&str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|item| item.get("name")?.as_str())
        .collect()
}

fn container<'a>(
    container: &'a Value,
    at: &str,
    volumes: &BTreeSet<&str>,
    seen: &mut BTreeSet<&'a str>,
    found: &mut Found,
) {
    // A boolean or a number that stands for a text is not this check's matter.
    let text = |field: &str| match container.get(field) {
        Some(Value::String(text)) => text.as_str(),
        Some(Value::Bool(true)) => "true",
        Some(Value::Bool(false)) => "false",
        Some(Value::Number(_)) => "0",
        _ => "",
    };
    let required = |field: &str| Problem::text(&format!("{at}.{field}"), "Required value".to_owned());
    let name = text("name");
    if name.is_empty() {
        found.push(required("name"));
    } else if !is_label(name) {
        found.push(Problem::invalid(&format!("{at}.name"), &quoted(name), LABEL));
    } else if !seen.insert(name) {
        found.push(Problem::text(&format!("{at}.name"), format!("Duplicate value: {}", quoted(name))));
    }
    if text("image").is_empty() {
        found.push(required("image"));
    }
    let mounts = container.get("volumeMounts").and_then(Value::as_array);
    for (index, mount) in mounts.into_iter().flatten().enumerate() {
        let name = mount.get("name").and_then(Value::as_str).unwrap_or_default();
        if !volumes.contains(name) {
            let path = format!("{at}.volumeMounts[{index}].name");
            found.push(Problem::text(&path, format!("Not found: {}", quoted(name))));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(written) = container.get(probe).filter(|probe| !probe.is_null()) else { continue };
        let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
        if !handlers.iter().any(|handler| written.get(*handler).is_some()) {
            found.push(Problem::required(&format!("{at}.{probe}"), "must specify a handler type"));
        }
    }
    resources(container, at, found);
}

fn resources(container: &Value, at: &str, found: &mut Found) {
    let field =
        |name: &str| container.get("resources").and_then(|resources| resources.get(name)?.as_object());
    let (Some(requests), Some(limits)) = (field("requests"), field("limits")) else { return };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (resource, request) in requests {
        let Some(limit) = limits.get(resource) else { continue };
        let amount = |value| Quantity::from_json(value).map(Quantity::thousandths);
        if let (Ok(wanted), Ok(most)) = (amount(request), amount(limit))
            && wanted > most
        {
            let detail = format!("must be less than or equal to {resource} limit of {}", text(limit));
            found.push(Problem::invalid(
                &format!("{at}.resources.requests"),
                &quoted(&text(request)),
                &detail,
            ));
        }
    }
}

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                     validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

fn is_label(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= 63
        && text.chars().all(|c| letter(c) || c == '-')
        && text.starts_with(letter)
        && text.ends_with(letter)
}
