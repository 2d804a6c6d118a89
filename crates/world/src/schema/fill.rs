//! Defaults of a custom resource.

use serde_json::Value;

use super::Schema;

impl Schema {
    /// Sets what the schema gives a default for and `value` leaves out.
    pub(crate) fn fill(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (name, schema) in &self.properties {
                    let null = map.get(name).is_some_and(Value::is_null) && !schema.nullable;
                    match &schema.default {
                        Some(default) if null || !map.contains_key(name) => {
                            map.insert(name.clone(), default.clone());
                        }
                        _ => {}
                    }
                }
                for (name, value) in map.iter_mut() {
                    if let Some(schema) = self.property(name) {
                        schema.fill(value);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for item in items.iter_mut() {
                        schema.fill(item);
                    }
                }
            }
            _ => {}
        }
    }
}
