//! Pruning: what a schema does not know is not stored.

use serde_json::Value;

use super::Schema;

impl Schema {
    /// Removes what the schema does not know, and tells the paths of it.
    pub(crate) fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut unknown = Vec::new();
        if let Value::Object(map) = object {
            map.retain(|name, value| {
                let known = matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
                known || self.keeps(name, value, name, &mut unknown)
            });
        }
        unknown
    }

    fn walk(&self, value: &mut Value, path: &str, unknown: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.retain(|name, value| {
                let own = self.embedded && matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
                own || self.keeps(name, value, &format!("{path}.{name}"), unknown)
            }),
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for (index, item) in items.iter_mut().enumerate() {
                        schema.walk(item, &format!("{path}[{index}]"), unknown);
                    }
                }
            }
            _ => {}
        }
    }

    fn keeps(&self, name: &str, value: &mut Value, path: &str, unknown: &mut Vec<String>) -> bool {
        match self.property(name) {
            Some(schema) => schema.walk(value, path, unknown),
            None if self.preserve => {}
            None => {
                unknown.push(path.to_owned());
                return false;
            }
        }
        true
    }
}
