//! Validation of a custom resource against its schema, in the server's words.

use serde_json::Value;

use super::{Bounds, Schema};
use crate::status::FieldError;

impl Schema {
    /// Everything that is wrong with `object`.
    pub(crate) fn check(&self, object: &Value) -> Vec<FieldError> {
        let mut errors = Vec::new();
        self.check_at(object, "", &mut errors);
        errors
    }

    fn check_at(&self, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
        if value.is_null() && self.nullable {
            return;
        }
        if !self.has_type(value) {
            let wanted = if self.int_or_string { "integer,string" } else { &self.kind };
            let message = format!(
                "Invalid value: {:?}: {} in body must be of type {wanted}: {:?}",
                type_name(value),
                shown(path),
                type_name(value)
            );
            errors.push(FieldError {
                field: shown(path).to_owned(),
                reason: "FieldValueTypeInvalid",
                message,
            });
            return;
        }
        if !self.allowed.is_empty() && !self.allowed.contains(value) {
            let allowed: Vec<String> = self
                .allowed
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect();
            errors.push(FieldError::not_supported(shown(path), value, &allowed));
        }
        self.check_size(value, path, errors);
        match value {
            Value::Object(map) => {
                for name in self.required.iter().filter(|name| !map.contains_key(*name)) {
                    errors.push(FieldError::required(join(path, name), ""));
                }
                for (name, value) in map {
                    // The server sees to the top's type line and metadata itself.
                    let own = path.is_empty() && matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
                    if let (false, Some(schema)) = (own, self.property(name)) {
                        schema.check_at(value, &join(path, name), errors);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for (index, item) in items.iter().enumerate() {
                        schema.check_at(item, &format!("{path}[{index}]"), errors);
                    }
                }
                self.check_keys(items, path, errors);
            }
            _ => {}
        }
        self.check_alternatives(value, path, errors);
    }

    fn has_type(&self, value: &Value) -> bool {
        if self.int_or_string {
            return value.is_string() || is_whole(value);
        }
        match self.kind.as_str() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => is_whole(value),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            _ => true,
        }
    }

    fn check_size(&self, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
        let mut refuse = |detail: String| {
            let detail = format!("{} in body {detail}", shown(path));
            errors.push(FieldError::invalid(shown(path), value, &detail));
        };
        self.bounds.check(value, &mut refuse);
        if let (Some(pattern), Value::String(text)) = (&self.pattern, value)
            && pattern.compiled.as_ref().is_some_and(|regex| !regex.is_match(text))
        {
            refuse(format!("should match '{}'", pattern.text));
        }
    }

    /// Items of a keyed list, or of a set, must differ.
    fn check_keys(&self, items: &[Value], path: &str, errors: &mut Vec<FieldError>) {
        if !matches!(self.list_type.as_str(), "map" | "set") {
            return;
        }
        let key = |item: &Value| -> Vec<Value> {
            if self.list_type == "set" {
                return vec![item.clone()];
            }
            self.list_keys.iter().map(|key| item.get(key).cloned().unwrap_or_default()).collect()
        };
        for (index, item) in items.iter().enumerate() {
            if items.iter().take(index).any(|earlier| key(earlier) == key(item)) {
                let message = format!("Duplicate value: {item}");
                errors.push(FieldError {
                    field: format!("{path}[{index}]"),
                    reason: "FieldValueDuplicate",
                    message,
                });
            }
        }
    }

    fn check_alternatives(&self, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
        let holds = |schema: &Schema| {
            let mut wrong = Vec::new();
            schema.check_at(value, path, &mut wrong);
            wrong.is_empty()
        };
        for schema in &self.all_of {
            schema.check_at(value, path, errors);
        }
        let mut refuse = |detail: &str| {
            let message = format!("Invalid value: {value}: {} in body {detail}", shown(path));
            errors.push(FieldError { field: shown(path).to_owned(), reason: "FieldValueInvalid", message });
        };
        if !self.any_of.is_empty() && !self.any_of.iter().any(holds) {
            refuse("must validate at least one schema (anyOf)");
        }
        if !self.one_of.is_empty() && self.one_of.iter().filter(|schema| holds(schema)).count() != 1 {
            refuse("must validate one and only one schema (oneOf)");
        }
        if self.not.as_ref().is_some_and(|schema| holds(schema)) {
            refuse("must not validate the schema (not)");
        }
    }
}

impl Bounds {
    fn check(&self, value: &Value, refuse: &mut dyn FnMut(String)) {
        if let Some(number) = value.as_f64() {
            if let Some(low) = self.minimum
                && (number < low || (self.exclusive_minimum && number <= low))
            {
                refuse(format!("should be greater than{} {low}", or_equal(self.exclusive_minimum)));
            }
            if let Some(high) = self.maximum
                && (number > high || (self.exclusive_maximum && number >= high))
            {
                refuse(format!("should be less than{} {high}", or_equal(self.exclusive_maximum)));
            }
        }
        let (size, least, most, unit) = match value {
            Value::String(text) => (text.chars().count(), self.min_length, self.max_length, "chars long"),
            Value::Array(items) => (items.len(), self.min_items, self.max_items, "items"),
            Value::Object(map) => (map.len(), self.min_properties, self.max_properties, "properties"),
            _ => return,
        };
        if let Some(least) = least.filter(|least| (size as u64) < *least) {
            refuse(format!("should be at least {least} {unit}"));
        }
        if let Some(most) = most.filter(|most| size as u64 > *most) {
            refuse(format!("should be at most {most} {unit}"));
        }
    }
}

fn or_equal(exclusive: bool) -> &'static str {
    if exclusive { "" } else { " or equal to" }
}

fn is_whole(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "<nil>" } else { path }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) if is_whole(value) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
