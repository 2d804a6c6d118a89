//! JSON patches that change a route, and fail if somebody changed the same part meanwhile.

use serde_json::{Value, json};

use super::config::Label;
use super::defaults::filled;
use super::rules::{backends, live};

/// The operations that make the rules of `route` those that are `wanted`.
///
/// When only weights differ, each changed backend is tested and its weight set: writers of other parts, such as the
/// gateway's status, do not disturb. Otherwise the list of rules is tested and replaced as a whole.
pub(super) fn rules(route: &Value, wanted: &[Value]) -> Vec<Value> {
    let live = live(route);
    if without_weights(live) != without_weights(wanted) {
        return vec![
            json!({"op": "test", "path": "/spec/rules", "value": live}),
            json!({"op": "replace", "path": "/spec/rules", "value": wanted}),
        ];
    }
    let mut operations = Vec::new();
    for (rule, (old, new)) in live.iter().zip(wanted).enumerate() {
        for (index, (old, new)) in backends(old).iter().zip(backends(new)).enumerate() {
            if weight(old) != weight(new) {
                let path = format!("/spec/rules/{rule}/backendRefs/{index}");
                operations.push(json!({"op": "test", "path": path, "value": old}));
                operations.push(json!({"op": "add", "path": path + "/weight", "value": weight(new)}));
            }
        }
    }
    operations
}

/// The operation that marks a route while its canary has weight, and takes the mark off afterwards.
pub(super) fn label(route: &Value, label: &Label, canary_weight: i32) -> Option<Value> {
    let labels = route.pointer("/metadata/labels").filter(|labels| !labels.is_null());
    let current = labels.and_then(|labels| labels.get(&label.key)).and_then(Value::as_str);
    let path = format!("/metadata/labels/{}", label.key.replace('~', "~0").replace('/', "~1"));
    match (canary_weight > 0, current, labels) {
        (true, Some(value), _) if value == label.value => None,
        (true, _, Some(_)) => Some(json!({"op": "add", "path": path, "value": label.value})),
        (true, _, None) => {
            let labels = json!({label.key.as_str(): label.value});
            Some(json!({"op": "add", "path": "/metadata/labels", "value": labels}))
        }
        (false, Some(_), _) => Some(json!({"op": "remove", "path": path})),
        (false, None, _) => None,
    }
}

fn without_weights(rules: &[Value]) -> Vec<Value> {
    let mut rules = filled(rules);
    let lists = rules.iter_mut().filter_map(|rule| rule.get_mut("backendRefs")?.as_array_mut());
    for backend in lists.flatten().filter_map(Value::as_object_mut) {
        backend.remove("weight");
    }
    rules
}

/// A backend's share; the server's default is 1.
fn weight(backend: &Value) -> i64 {
    backend.get("weight").and_then(Value::as_i64).unwrap_or(1)
}
