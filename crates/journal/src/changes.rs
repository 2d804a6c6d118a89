//! What changed between the inputs of two decisions.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// Fields that change with everything and tell nothing.
const SILENT: [&str; 3] = ["metadata.resourceVersion", "metadata.generation", "metadata.managedFields"];
/// What the Rollout itself is called: there is only one.
pub(crate) const ROLLOUT: &str = "Rollout";
/// Characters of a value that are told.
const LONG: usize = 60;

/// One field of one object that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The object, such as `ReplicaSet cart-84cd`.
    pub object: String,
    /// The field, such as `status.availableReplicas`; empty when the object came or went.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What it was; null when there was nothing.
    pub from: Value,
    /// What it is; null when there is nothing any more.
    pub to: Value,
}

impl Change {
    /// Whether the field is `section`, or below it.
    pub fn is_in(&self, section: &str) -> bool {
        let rest = self.field.strip_prefix(section);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, field, from, to } = self;
        match (field.is_empty(), from.is_null(), to.is_null()) {
            (true, true, _) => write!(f, "{object} appeared"),
            (true, _, true) => write!(f, "{object} is gone"),
            (true, ..) => write!(f, "{object} changed"),
            (false, true, _) => write!(f, "{object} {field}: {}", short(to)),
            (false, _, true) => write!(f, "{object} {field}: no longer {}", short(from)),
            (false, ..) => write!(f, "{object} {field}: {} → {}", short(from), short(to)),
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What is different in `after`, object by object.
pub(crate) fn between(before: &Value, after: &Value) -> Vec<Change> {
    let (before, after) = (objects(before), objects(after));
    let mut found = Vec::new();
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    for object in names {
        match (before.get(object), after.get(object)) {
            (Some(before), Some(after)) => compare("", before, after, &mut |field, from, to| {
                if !SILENT.contains(&field) {
                    let (object, field) = (object.clone(), field.to_owned());
                    found.push(Change { object, field, from: from.clone(), to: to.clone() });
                }
            }),
            (before, after) => found.push(Change {
                object: object.clone(),
                field: String::new(),
                from: before.map_or(Value::Null, |_| Value::Bool(true)),
                to: after.map_or(Value::Null, |_| Value::Bool(true)),
            }),
        }
    }
    found
}

/// The objects of some inputs by what people call them.
fn objects(inputs: &Value) -> BTreeMap<String, &Value> {
    let mut found = BTreeMap::new();
    let list = |member: &str| inputs.get(member).and_then(Value::as_array).into_iter().flatten();
    found.extend(inputs.get("rollout").map(|rollout| (ROLLOUT.to_owned(), rollout)));
    for (member, kind) in [
        ("replicaSets", "ReplicaSet"),
        ("analysisRuns", "AnalysisRun"),
        ("experiments", "Experiment"),
        ("pods", "Pod"),
    ] {
        found.extend(list(member).map(|object| (format!("{kind} {}", name(object)), object)));
    }
    for (pointer, kind) in [
        ("/services", "Service"),
        ("/templates/namespaced", "AnalysisTemplate"),
        ("/templates/cluster", "ClusterAnalysisTemplate"),
    ] {
        let named = inputs.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
        found.extend(named.map(|(name, object)| (format!("{kind} {name}"), object)));
    }
    for row in list("routes") {
        let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let label = format!("{} {}", text("/key/kind/kind"), text("/key/name"));
        found.extend(row.get("object").map(|object| (label, object)));
    }
    for (at, answer) in list("answers").enumerate() {
        let label = if at == 0 { "the regions' answer".to_owned() } else { format!("answer {}", at + 1) };
        found.insert(label, answer);
    }
    found.extend(inputs.get("settings").map(|settings| ("the controller's settings".to_owned(), settings)));
    found
}

fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

/// Calls `tell` for every field in which two values differ, as deep as both go.
pub(crate) fn compare(
    path: &str,
    before: &Value,
    after: &Value,
    tell: &mut impl FnMut(&str, &Value, &Value),
) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let (old, new) = (old.get(name), new.get(name));
                compare(&path, old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null), tell);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[{at}]"), old, new, tell);
            }
        }
        _ if before != after => tell(path, before, after),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_told_object_by_object_and_field_by_field() {
        let inputs = |image: &str, available: i32, runs: &[&str]| {
            let runs: Vec<Value> = runs.iter().map(|name| json!({"metadata": {"name": name}})).collect();
            json!({
                "rollout": {"metadata": {"resourceVersion": image}, "spec": {"containers": [{"image": image}]}},
                "replicaSets": [{"metadata": {"name": "cart-1"}, "status": {"availableReplicas": available}}],
                "analysisRuns": runs,
            })
        };
        let found = between(&inputs("a:1", 1, &["x"]), &inputs("a:2", 2, &["y"]));
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        let expected = [
            "AnalysisRun x is gone",
            "AnalysisRun y appeared",
            "ReplicaSet cart-1 status.availableReplicas: 1 → 2",
            "Rollout spec.containers[0].image: a:1 → a:2",
        ];
        assert_eq!(told, expected);
        assert_eq!(between(&inputs("a:1", 1, &[]), &inputs("a:1", 1, &[])), []);
    }
}
