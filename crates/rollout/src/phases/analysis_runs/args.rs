//! Arguments as a Rollout gives them (spec analysis-01 6).

use crd::{Argument, ObjectMeta, Rollout, RolloutArgument, StringMap};
use serde_json::Value;

use crate::plan::Plan;
use crate::strategy::Strategy;

/// The arguments with their values.
pub(crate) fn build<S: Strategy>(
    plan: &Plan<'_, S>,
    args: &[RolloutArgument],
) -> Result<Vec<Argument>, String> {
    args.iter()
        .map(|argument| {
            Ok(Argument {
                name: argument.name.clone(),
                value: Some(value(plan, argument)?),
                value_from: None,
            })
        })
        .collect()
}

fn value<S: Strategy>(plan: &Plan<'_, S>, argument: &RolloutArgument) -> Result<String, String> {
    let Some(source) = &argument.value_from else { return Ok(argument.value.clone()) };
    if let Some(which) = &source.pod_template_hash_value {
        let set = if which == "Stable" { plan.stable_set() } else { plan.new_set() };
        return Ok(set.map_or_else(String::new, |set| set.hash().to_owned()));
    }
    match &source.field_ref {
        Some(field) if field.field_path.starts_with("metadata") => {
            downward(&plan.rollout.metadata, &field.field_path)
        }
        Some(field) => walk(&plan.rollout, &field.field_path),
        None => Ok(argument.value.clone()),
    }
}

/// A field of the metadata, as the downward API names it.
fn downward(metadata: &ObjectMeta, path: &str) -> Result<String, String> {
    match path {
        "metadata.name" => return Ok(metadata.name.clone()),
        "metadata.namespace" => return Ok(metadata.namespace.clone()),
        "metadata.uid" => return Ok(metadata.uid.clone()),
        "metadata.labels" => return Ok(lines(&metadata.labels)),
        "metadata.annotations" => return Ok(lines(&metadata.annotations)),
        _ => {}
    }
    let subscript = path.strip_suffix("']").and_then(|path| path.split_once("['"));
    match subscript {
        Some(("metadata.labels", key)) => Ok(metadata.label(key).to_owned()),
        Some(("metadata.annotations", key)) => Ok(metadata.annotation(key).unwrap_or_default().to_owned()),
        Some((field, _)) if field.starts_with("metadata.") => {
            Err(format!("fieldPath \"{field}\" does not support subscript"))
        }
        _ => Err(format!("unsupported fieldPath: {path}")),
    }
}

fn lines(map: &StringMap) -> String {
    let lines: Vec<String> = map.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
    lines.join("\n")
}

/// A value anywhere in the Rollout: sections between `.`, `[` and `]`.
fn walk(rollout: &Rollout, path: &str) -> Result<String, String> {
    let invalid = || format!("invalid path {path} in rollout");
    let mut value = &serde_json::to_value(rollout).unwrap_or_default();
    for section in path.split(['.', '[', ']']).filter(|section| !section.is_empty()) {
        value = match value {
            Value::Array(items) => {
                let index: usize = section.parse().map_err(|_| format!("invalid index '{section}'"))?;
                items.get(index).ok_or_else(|| format!("index {index} out of range"))?
            }
            Value::Object(fields) => fields.get(section).ok_or_else(invalid)?,
            _ => return Err(invalid()),
        };
    }
    match value {
        Value::Null => Err(invalid()),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(_) | Value::Object(_) => {
            Err(format!("path {path} in rollout must terminate in a primitive value"))
        }
    }
}
