//! What a type of resource takes and gives.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The types that are used, by name; data sources begin with `data.`.
#[derive(Debug, Default)]
pub(crate) struct Schema(pub(crate) BTreeMap<String, Type>);

/// A type of resource, or a block inside of one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Type {
    /// Arguments with whether they must be given.
    pub(crate) arguments: BTreeMap<String, bool>,
    /// Blocks with whether there must be one.
    pub(crate) blocks: BTreeMap<String, (bool, Type)>,
    /// What else can be read of it.
    pub(crate) exports: BTreeSet<String>,
}

impl Schema {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let types = value.get("types").and_then(Value::as_object).ok_or("it has no `types`")?;
        Ok(Self(types.iter().map(|(name, value)| (name.clone(), Type::read(value))).collect()))
    }

    pub(crate) fn write(&self, sources: &Value) -> String {
        let types: serde_json::Map<String, Value> =
            self.0.iter().map(|(name, of)| (name.clone(), of.write())).collect();
        let value = json!({"sources": sources, "types": types});
        serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
    }
}

impl Type {
    fn read(value: &Value) -> Self {
        let members = |field: &str| value.get(field).and_then(Value::as_object).into_iter().flatten();
        let arguments = members("arguments").map(|(name, required)| (name.clone(), *required == true));
        let blocks = members("blocks").map(|(name, block)| {
            let required = block.get("required").is_some_and(|required| *required == true);
            (name.clone(), (required, Self::read(block)))
        });
        let exports = value.get("exports").and_then(Value::as_array).into_iter().flatten();
        Self {
            arguments: arguments.collect(),
            blocks: blocks.collect(),
            exports: exports.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        }
    }

    fn write(&self) -> Value {
        let mut value = json!({"arguments": self.arguments});
        if let Some(members) = value.as_object_mut() {
            if !self.blocks.is_empty() {
                let blocks: serde_json::Map<String, Value> = self
                    .blocks
                    .iter()
                    .map(|(name, (required, block))| {
                        let mut block = block.write();
                        if let Some(members) = block.as_object_mut() {
                            members.insert("required".to_owned(), json!(required));
                        }
                        (name.clone(), block)
                    })
                    .collect();
                members.insert("blocks".to_owned(), Value::Object(blocks));
            }
            if !self.exports.is_empty() {
                members.insert("exports".to_owned(), json!(self.exports));
            }
        }
        value
    }

    /// Whether something of this name can be read of it.
    pub(crate) fn gives(&self, name: &str) -> bool {
        self.arguments.contains_key(name) || self.blocks.contains_key(name) || self.exports.contains(name)
    }
}
