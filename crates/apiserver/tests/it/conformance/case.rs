//! The list's form; `fixtures/conformance/README.md` explains it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    pub(crate) request: String,
    pub(crate) body: Option<Value>,
    pub(crate) text: String,
    pub(crate) r#type: String,
    pub(crate) accept: String,
    pub(crate) code: Option<u16>,
    pub(crate) expect: Value,
    pub(crate) expect_text: String,
    pub(crate) warning: String,
    pub(crate) save: BTreeMap<String, String>,
    pub(crate) watch: String,
    pub(crate) events: Vec<Value>,
    /// The watch must end by itself.
    pub(crate) ends: bool,
}

/// What `actual` lacks of `expected`, as the path of the first difference.
pub(crate) fn difference(expected: &Value, actual: Option<&Value>, path: &str) -> Option<String> {
    match (expected, actual) {
        (Value::String(word), Some(Value::Null) | None) if word == "<absent>" => None,
        (Value::String(word), Some(found)) if word == "<absent>" => Some(format!("{path} is there: {found}")),
        (Value::String(word), Some(_)) if word == "<any>" => None,
        (Value::Null, _) if path.is_empty() => None,
        (Value::Object(fields), Some(Value::Object(found))) => fields
            .iter()
            .find_map(|(name, value)| difference(value, found.get(name), &format!("{path}/{name}"))),
        // All that is expected to be absent is absent from what is not there.
        (Value::Object(fields), None) => {
            fields.iter().find_map(|(name, value)| difference(value, None, &format!("{path}/{name}")))
        }
        (Value::Array(items), Some(Value::Array(found))) if items.len() == found.len() => {
            items.iter().zip(found).enumerate().find_map(|(index, (value, found))| {
                difference(value, Some(found), &format!("{path}/{index}"))
            })
        }
        (expected, Some(actual)) if expected == actual => None,
        (expected, actual) => {
            let actual = actual.map_or("nothing".to_owned(), Value::to_string);
            Some(format!("{path}: expected {expected}, found {actual}"))
        }
    }
}
