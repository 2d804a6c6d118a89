//! What the server fills into the rules of a route on storing them.

use serde_json::{Map, Value, json};

/// The rules with every default written out, so that what was sent equals what was stored.
pub(super) fn filled(rules: &[Value]) -> Vec<Value> {
    let mut rules = rules.to_vec();
    for rule in rules.iter_mut().filter_map(Value::as_object_mut) {
        let matches = rule.entry("matches").or_insert_with(|| json!([{}]));
        for one in objects(Some(matches)) {
            one.entry("path").or_insert_with(|| json!({"type": "PathPrefix", "value": "/"}));
            for key in ["headers", "queryParams"] {
                for condition in objects(one.get_mut(key)) {
                    condition.entry("type").or_insert_with(|| json!("Exact"));
                }
            }
        }
        for backend in objects(rule.get_mut("backendRefs")) {
            service(backend);
            backend.entry("weight").or_insert_with(|| json!(1));
        }
        for filter in objects(rule.get_mut("filters")) {
            let mirror = filter.get_mut("requestMirror").and_then(|mirror| mirror.get_mut("backendRef"));
            if let Some(backend) = mirror.and_then(Value::as_object_mut) {
                service(backend);
            }
        }
    }
    rules
}

fn service(backend: &mut Map<String, Value>) {
    backend.entry("group").or_insert_with(|| json!(""));
    backend.entry("kind").or_insert_with(|| json!("Service"));
}

fn objects(list: Option<&mut Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    list.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}
