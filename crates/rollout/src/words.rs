//! Decisions in words.

use std::fmt;

use crd::{RolloutPhase, RolloutStatus};
use serde_json::Value;

use crate::decision::{Action, PatchBody};

/// Fields of a patch that are told one by one; of more the number is told.
const FIELDS: usize = 3;
/// Characters of a value that are told.
const LONG: usize = 40;

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { key, .. } => write!(f, "create {} {}", key.kind.kind, key.name),
            Self::Patch { key, patch } => {
                write!(f, "patch {} {}: {}", key.kind.kind, key.name, fields(patch))
            }
            Self::Scale { key, replicas, .. } => {
                write!(f, "scale {} {} to {replicas}", key.kind.kind, key.name)
            }
            Self::Delete { key, .. } => write!(f, "delete {} {}", key.kind.kind, key.name),
            Self::Evict { key } => write!(f, "evict {} {}", key.kind.kind, key.name),
        }
    }
}

/// Which fields become what.
fn fields(patch: &PatchBody) -> String {
    let mut found = Vec::new();
    match patch {
        PatchBody::Merge(body) => leaves("", body, &mut found),
        PatchBody::Json(Value::Array(operations)) => {
            for operation in operations.iter().filter(|operation| operation.get("op") != Some(&"test".into()))
            {
                let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
                leaves(&dotted(path), operation.get("value").unwrap_or(&Value::Null), &mut found);
            }
        }
        PatchBody::Json(other) => leaves("", other, &mut found),
    }
    let more = found.len().saturating_sub(FIELDS);
    found.truncate(FIELDS);
    let mut text = found.join(", ");
    if more > 0 {
        text = format!("{text} and {more} more");
    }
    text
}

/// `/spec/rules/0/weight` as `spec.rules[0].weight`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        if part.parse::<usize>().is_ok() {
            path.extend(["[", part, "]"]);
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&part.replace("~1", "/").replace("~0", "~"));
        }
    }
    path
}

fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, inner) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(&path, inner, found);
            }
        }
        Value::Null => found.push(format!("{path} removed")),
        other => found.push(format!("{path} = {}", short(other))),
    }
}

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What a new status says that the old one did not, in a few words each; only what people look for.
///
/// ```
/// use crd::RolloutStatus;
/// let old = RolloutStatus { current_step_index: Some(0), ..RolloutStatus::default() };
/// let new = RolloutStatus { current_step_index: Some(1), abort: true, ..RolloutStatus::default() };
/// assert_eq!(aviary_rollout::status_changes(&old, &new), ["step 1 done", "aborted"]);
/// ```
pub fn status_changes(old: &RolloutStatus, new: &RolloutStatus) -> Vec<String> {
    let mut changes = Vec::new();
    match (old.current_step_index, new.current_step_index) {
        (Some(before), Some(after)) if after == before.saturating_add(1) => {
            changes.push(format!("step {after} done"));
        }
        (before, Some(after)) if before != Some(after) => changes.push(format!("{after} steps done")),
        _ => {}
    }
    let weight = |status: &RolloutStatus| status.canary.weights.as_ref().map(|it| it.canary.weight);
    if let Some(after) = weight(new).filter(|after| weight(old) != Some(*after)) {
        changes.push(format!("canary weight {after}"));
    }
    let seen = |status: &RolloutStatus| status.canary.weights.as_ref().and_then(|it| it.verified);
    if seen(new) == Some(true) && seen(old) == Some(false) {
        changes.push("split seen".to_owned());
    }
    if new.stable_rs != old.stable_rs && !new.stable_rs.is_empty() {
        changes.push(format!("stable is {}", new.stable_rs));
    }
    match (old.pause_conditions.is_empty(), new.pause_conditions.first()) {
        (true, Some(pause)) => changes.push(format!("paused ({})", pause.reason)),
        (false, None) => changes.push("resumed".to_owned()),
        _ => {}
    }
    match (old.abort, new.abort) {
        (false, true) => changes.push("aborted".to_owned()),
        (true, false) => changes.push("abort taken back".to_owned()),
        _ => {}
    }
    if let Some(phase) = new.phase.filter(|phase| old.phase != Some(*phase)) {
        changes.push(format!("phase {}", RolloutPhase::as_str(phase)));
    }
    changes
}

/// `1 pod`, `2 pods`.
pub(crate) fn pods(count: impl Into<i64>) -> String {
    let count = count.into();
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}

#[cfg(test)]
mod tests {
    use crd::{Kind, ObjectKey};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_action_is_told_with_the_fields_that_it_changes() {
        let key = |kind| ObjectKey::new(kind, "shop", "cart");
        let merge = |body| Action::Patch { key: key(Kind::SERVICE), patch: PatchBody::Merge(body) };
        for (action, text) in [
            (Action::Create { key: key(Kind::REPLICA_SET), object: json!({}) }, "create ReplicaSet cart"),
            (
                Action::Scale { key: key(Kind::REPLICA_SET), replicas: 3, annotations: vec![] },
                "scale ReplicaSet cart to 3",
            ),
            (Action::Delete { key: key(Kind::ANALYSIS_RUN), uid: String::new() }, "delete AnalysisRun cart"),
            (Action::Evict { key: key(Kind::POD) }, "evict Pod cart"),
            (
                merge(json!({"spec": {"selector": {"hash": "abc", "old": null}}})),
                "patch Service cart: spec.selector.hash = abc, spec.selector.old removed",
            ),
            (
                merge(json!({"a": 1, "b": 2, "c": "x".repeat(60), "d": 4, "e": 5})),
                "patch Service cart: a = 1, b = 2, c = xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… and 2 more",
            ),
            (
                Action::Patch {
                    key: key(Kind::SERVICE),
                    patch: PatchBody::Json(json!([
                        {"op": "test", "path": "/spec/rules/0/name", "value": "x"},
                        {"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 25},
                    ])),
                },
                "patch Service cart: spec.rules[0].backendRefs[1].weight = 25",
            ),
        ] {
            assert_eq!(action.to_string(), text);
        }
    }
}
