//! What a change of an object means to a reader of the timeline.

use serde_json::Value;
use world::{WatchEvent, WatchEventType};

/// The lines that a change is worth: subject and what happened to it.
pub fn describe(event: &WatchEvent) -> Vec<(String, String)> {
    let Some(say) = SAY.iter().find(|(plural, _)| *plural == &*event.plural).map(|(_, say)| *say) else {
        return Vec::new();
    };
    let text = |field: &str| event.object[field].as_str().unwrap_or_default();
    let name = event.object["metadata"]["name"].as_str().unwrap_or_default();
    let subject = format!("{} {name}", text("kind"));
    let none = Value::Null;
    let before = event.previous.as_deref().unwrap_or(&none);
    let lines = match event.kind {
        WatchEventType::Deleted => vec!["deleted".to_owned()],
        _ => say(before, &event.object),
    };
    lines.into_iter().map(|line| (subject.clone(), line)).collect()
}

type Say = fn(&Value, &Value) -> Vec<String>;

/// What is told of each kind.
const SAY: &[(&str, Say)] = &[
    ("rollouts", rollout),
    ("replicasets", replica_set),
    ("services", service),
    ("httproutes", route),
    ("analysisruns", analysis_run),
];

/// A line when the value that `of` finds is another one.
fn changed<T: PartialEq>(
    before: &Value,
    after: &Value,
    of: impl Fn(&Value) -> T,
    line: impl Fn(T, T) -> String,
) -> Option<String> {
    let (old, new) = (of(before), of(after));
    (old != new).then(|| line(old, new))
}

fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

fn text(value: &Value, path: &str) -> String {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn rollout(before: &Value, after: &Value) -> Vec<String> {
    let step = |value: &Value| value.pointer("/status/currentStepIndex").and_then(Value::as_i64);
    let phase = |value: &Value| (text(value, "/status/phase"), text(value, "/status/message"));
    [
        changed(before, after, |value| text(value, "/status/stableRS"), |_, new| format!("stable is {new}")),
        changed(before, after, step, |_, new| {
            new.map_or("no step".to_owned(), |step| format!("at step {step}"))
        }),
        changed(
            before,
            after,
            |value| number(value, "/status/canary/weights/canary/weight"),
            |old, new| format!("canary weight {old} -> {new}"),
        ),
        changed(
            before,
            after,
            phase,
            |_, (phase, message)| {
                if message.is_empty() { phase } else { format!("{phase}, {message}") }
            },
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn replica_set(before: &Value, after: &Value) -> Vec<String> {
    let size = |value: &Value| number(value, "/spec/replicas");
    let available = |value: &Value| number(value, "/status/availableReplicas");
    [
        changed(before, after, size, |old, new| format!("size {old} -> {new}")),
        changed(before, after, available, |_, new| format!("{new} of {} available", size(after))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn service(before: &Value, after: &Value) -> Vec<String> {
    let hash = |value: &Value| text(value, "/spec/selector/rollouts-pod-template-hash");
    let line = |_, new: String| {
        if new.is_empty() { "selects all versions".to_owned() } else { format!("selects {new}") }
    };
    changed(before, after, hash, line).filter(|_| !before.is_null()).into_iter().collect()
}

fn route(before: &Value, after: &Value) -> Vec<String> {
    let weights = |value: &Value| -> Vec<String> {
        let rules = value.pointer("/spec/rules").and_then(Value::as_array).into_iter().flatten();
        let backends = rules.flat_map(|rule| rule["backendRefs"].as_array().into_iter().flatten());
        backends
            .map(|one| format!("{} {}", text(one, "/name"), one.get("weight").unwrap_or(&Value::from(1))))
            .collect()
    };
    changed(before, after, weights, |_, new| new.join(", "))
        .filter(|_| !before.is_null())
        .into_iter()
        .collect()
}

fn analysis_run(before: &Value, after: &Value) -> Vec<String> {
    let results = after.pointer("/status/metricResults").and_then(Value::as_array).into_iter().flatten();
    let old = |name: &str| {
        let results = before.pointer("/status/metricResults").and_then(Value::as_array);
        results.into_iter().flatten().find(|result| result["name"] == name)
    };
    let taken = |result: &Value| number(result, "/count") + number(result, "/error");
    let measured = results.filter_map(|result| {
        let name = text(result, "/name");
        if old(&name).map_or(0, taken) == taken(result) {
            return None;
        }
        let last = result["measurements"].as_array()?.last()?;
        // An error has no value, and says why.
        let found = [text(last, "/value"), text(last, "/message")].into_iter().find(|text| !text.is_empty());
        Some(format!("{name} read {}: {}", found.unwrap_or_default(), text(last, "/phase")))
    });
    let phase = |value: &Value| (text(value, "/status/phase"), text(value, "/status/message"));
    let mut lines: Vec<String> = measured.collect();
    lines.extend(changed(before, after, phase, |_, (phase, message)| {
        if message.is_empty() { phase } else { format!("{phase}, {message}") }
    }));
    if before.is_null() {
        lines.insert(0, "created".to_owned());
    }
    lines
}
