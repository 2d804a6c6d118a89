//! From the table of types to OpenAPI.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The schema of a whole object: that of the type `name`, and what every object has.
pub(super) fn root(name: &str, description: &str) -> Value {
    let table = table();
    let mut schema = named(&table, name);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), json!(description));
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("apiVersion".to_owned(), json!({"type": "string"}));
            properties.insert("kind".to_owned(), json!({"type": "string"}));
            properties.insert("metadata".to_owned(), json!({"type": "object"}));
        }
    }
    schema
}

/// Fields by type name, as written.
pub(crate) type Table = BTreeMap<&'static str, Vec<&'static str>>;

/// The types of the custom resources.
pub(crate) fn table() -> Table {
    read(include_str!("types.schema"))
}

/// A table of types, in the notation that `types.schema` explains.
pub(crate) fn read(text: &'static str) -> Table {
    let mut table = Table::new();
    let mut current = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if !line.starts_with(' ') {
            current = words.next().unwrap_or_default();
        }
        table.entry(current).or_default().extend(words);
    }
    table
}

fn named(table: &Table, name: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut schema = Map::from_iter([("type".to_owned(), json!("object"))]);
    for word in table.get(name).into_iter().flatten() {
        match *word {
            "+atomic" => {
                schema.insert("x-kubernetes-map-type".to_owned(), json!("atomic"));
            }
            "+immutable" => {
                let rule = json!([{"rule": "self == oldSelf", "message": ".spec.selector is immutable"}]);
                schema.insert("x-kubernetes-validations".to_owned(), rule);
            }
            field => {
                let (head, kind) = field.split_once(':').unwrap_or((field, "string"));
                let key = head.trim_end_matches('!');
                if head != key {
                    required.push(json!(key));
                }
                properties.insert(key.to_owned(), typed(table, kind));
            }
        }
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
    Value::Object(schema)
}

fn typed(table: &Table, kind: &str) -> Value {
    if let Some(list) = kind.strip_suffix("+atomic") {
        return with(typed(table, list), "x-kubernetes-list-type", json!("atomic"));
    }
    if let Some((kind, default)) = kind.split_once('=') {
        return with(typed(table, kind), "default", json!(default));
    }
    if kind.contains('|') {
        return json!({"type": "string", "enum": kind.split('|').collect::<Vec<_>>()});
    }
    let inside = |open, close| kind.strip_prefix(open)?.strip_suffix(close);
    if let Some(item) = inside("[", "]") {
        return json!({"type": "array", "items": typed(table, item)});
    }
    if let Some(value) = inside("map<", ">") {
        return json!({"type": "object", "additionalProperties": typed(table, value)});
    }
    match kind {
        "string" => json!({"type": "string"}),
        "bool" => json!({"type": "boolean"}),
        "int" => json!({"type": "integer", "format": "int32"}),
        "long" => json!({"type": "integer", "format": "int64"}),
        "time" => json!({"type": "string", "format": "date-time"}),
        "int-or-string" => json!({
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "x-kubernetes-int-or-string": true,
        }),
        "object" => json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
        "empty" => json!({"type": "object"}),
        name => named(table, name),
    }
}

fn with(mut schema: Value, key: &str, value: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(key.to_owned(), value);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_the_table_names_is_in_it() {
        let table = table();
        let scalars = ["string", "bool", "int", "long", "time", "int-or-string", "object", "empty"];
        for field in table.values().flatten().filter(|word| !word.starts_with('+')) {
            let kind = field.split_once(':').map_or("string", |(_, kind)| kind).trim_end_matches("+atomic");
            let kind = kind.split_once('=').map_or(kind, |(kind, _)| kind);
            let kind = kind.trim_start_matches('[').trim_end_matches(']');
            let kind = kind.trim_start_matches("map<").trim_end_matches('>');
            assert!(scalars.contains(&kind) || kind.contains('|') || table.contains_key(kind), "{field}");
        }
    }
}
