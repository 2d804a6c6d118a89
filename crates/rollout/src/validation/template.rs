//! Selector and pod template.

use crd::RolloutSpec;
use serde_json::Value;

use super::{Problem, json, quoted};

pub(super) fn selector(spec: &RolloutSpec) -> Result<(), Problem> {
    let Some(selector) = &spec.selector else {
        return Err(Problem::required("spec.selector", "Rollout has missing field '.spec.selector'"));
    };
    if selector.is_empty() {
        let detail = "empty selector is invalid for deployment";
        return Err(Problem::invalid("spec.selector", "{}", detail));
    }
    Ok(())
}

pub(super) fn check(spec: &RolloutSpec) -> Result<(), Problem> {
    let template = &spec.template;
    if !spec.selector.as_ref().is_some_and(|selector| selector.matches(&template.metadata.labels)) {
        return Err(Problem::invalid(
            "spec.template.metadata.labels",
            &json(&template.metadata.labels),
            "`selector` does not match template `labels`",
        ));
    }
    let field = |name: &str| template.spec.get(name);
    let containers = field("containers").and_then(Value::as_array);
    let Some(containers) = containers.filter(|containers| !containers.is_empty()) else {
        return Err(Problem::text("spec.template.spec.containers: Required value".to_owned()));
    };
    for (index, container) in containers.iter().enumerate() {
        if container.get("image").and_then(Value::as_str).is_none_or(str::is_empty) {
            let path = format!("spec.template.spec.containers[{index}].image");
            return Err(Problem::text(format!("{path}: Required value")));
        }
    }
    match field("restartPolicy").and_then(Value::as_str) {
        None | Some("" | "Always") => {}
        Some(other) => {
            let path = "spec.template.spec.restartPolicy";
            return Err(Problem::unsupported(path, &quoted(other), "\"Always\""));
        }
    }
    if field("activeDeadlineSeconds").is_some_and(|seconds| !seconds.is_null()) {
        let path = "spec.template.spec.activeDeadlineSeconds";
        return Err(Problem::forbidden(path, "activeDeadlineSeconds in ReplicaSet is not Supported"));
    }
    Ok(())
}
