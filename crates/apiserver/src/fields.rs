//! Fields that a built-in kind does not have, and values of the wrong type.
//!
//! The real server decodes a body into Go structs: what has no field there is dropped, with a warning or, when the
//! client asks for strictness, with a refusal. Custom resources are checked against their schemas by the world.

use serde_json::{Map, Value};
use world::{PatchType, Status};

use crate::kinds::{Kind, Layout, Message, SCHEMA, Shape};

/// Checks a whole object and drops what its kind does not have. The result are warnings.
pub(crate) fn check_object(object: &mut Value, validation: &str) -> Result<Vec<String>, Status> {
    let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let version = api_version.rsplit('/').next().unwrap_or_default().to_owned();
    let refuse = |why: String| {
        Status::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
    };
    let Some(message) = SCHEMA.kind(&api_version, &kind) else { return Ok(Vec::new()) };
    let unknown = walk(object, message).map_err(|wrong| refuse(format!("json: {wrong}")))?;
    match validation {
        _ if unknown.is_empty() => Ok(Vec::new()),
        "Ignore" => Ok(Vec::new()),
        "Strict" => Err(refuse(format!("strict decoding error: {}", unknown.join(", ")))),
        _ => Ok(unknown),
    }
}

/// Checks a merge patch of a built-in kind in the same way.
pub(crate) fn check_patch(
    kind: PatchType,
    patch: &mut Value,
    of: (&str, &str),
    validation: &str,
) -> Result<Vec<String>, Status> {
    let Some(message) = SCHEMA.kind(of.0, of.1) else { return Ok(Vec::new()) };
    if kind == PatchType::Json || !patch.is_object() {
        return Ok(Vec::new());
    }
    let unknown = walk(patch, message).map_err(|wrong| Status::bad_request(wrong.to_string()))?;
    match validation {
        _ if unknown.is_empty() => Ok(Vec::new()),
        "Ignore" => Ok(Vec::new()),
        "Strict" => Err(Status::bad_request(format!("strict decoding error: {}", unknown.join(", ")))),
        _ => Ok(unknown),
    }
}

/// A value that Go could not put into its field.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot unmarshal {found} into Go struct field {of}.{path} of type {wanted}")]
struct WrongType {
    found: &'static str,
    of: String,
    path: String,
    wanted: String,
}

fn walk(object: &mut Value, message: &Message) -> Result<Vec<String>, WrongType> {
    let mut walk = Walk { unknown: Vec::new(), path: Vec::new() };
    if let Value::Object(fields) = object {
        walk.message(fields, message, true)?;
    }
    Ok(walk.unknown)
}

struct Walk {
    unknown: Vec<String>,
    path: Vec<String>,
}

impl Walk {
    fn message(
        &mut self,
        fields: &mut Map<String, Value>,
        message: &Message,
        root: bool,
    ) -> Result<(), WrongType> {
        let names: Vec<String> = fields.keys().cloned().collect();
        for name in names {
            // Directives of strategic patches, and what every object has.
            if name.starts_with('$') || (root && matches!(name.as_str(), "apiVersion" | "kind")) {
                continue;
            }
            self.path.push(name.clone());
            if let (Some(layout), Some(value)) = (SCHEMA.field(message, &name), fields.get_mut(&name)) {
                self.field(value, layout, message)?;
            } else {
                fields.remove(&name);
                self.unknown.push(format!("unknown field {:?}", self.path.join(".").replace(".[", "[")));
            }
            self.path.pop();
        }
        Ok(())
    }

    fn field(&mut self, value: &mut Value, layout: Layout, of: &Message) -> Result<(), WrongType> {
        match (layout.shape, value) {
            (_, Value::Null) => Ok(()),
            (Shape::One, value) => self.value(value, layout.kind, of),
            (Shape::List, Value::Array(items)) => {
                self.each(items.iter_mut().enumerate(), |index| format!("[{index}]"), layout, of)
            }
            (Shape::Map, Value::Object(entries)) => {
                self.each(entries.iter_mut(), |key| (*key).clone(), layout, of)
            }
            (Shape::List, value) => Err(self.wrong(value, format!("[]{}", go_type(layout.kind)), of)),
            (Shape::Map, value) => Err(self.wrong(value, format!("map[string]{}", go_type(layout.kind)), of)),
        }
    }

    fn each<'a, K>(
        &mut self,
        items: impl Iterator<Item = (K, &'a mut Value)>,
        step: impl Fn(&K) -> String,
        layout: Layout,
        of: &Message,
    ) -> Result<(), WrongType> {
        for (key, item) in items.filter(|(_, item)| !item.is_null()) {
            self.path.push(step(&key));
            self.value(item, layout.kind, of)?;
            self.path.pop();
        }
        Ok(())
    }

    fn value(&mut self, value: &mut Value, kind: Kind, of: &Message) -> Result<(), WrongType> {
        let fits = match kind {
            Kind::Text | Kind::Bytes | Kind::Time | Kind::MicroTime => value.is_string(),
            Kind::Bool => value.is_boolean(),
            Kind::Int32 => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Kind::Int64 => value.is_i64(),
            Kind::Double => value.is_number(),
            Kind::Texts => value.is_array(),
            Kind::IntOrString | Kind::Wrapped => value.is_string() || value.is_number(),
            Kind::Json | Kind::SchemaOrBool | Kind::SchemaOrList | Kind::SchemaOrTexts => true,
            Kind::Message(name) => match (SCHEMA.message(name), &mut *value) {
                (Some(message), Value::Object(fields)) => return self.message(fields, message, false),
                _ => false,
            },
        };
        if fits { Ok(()) } else { Err(self.wrong(value, go_type(kind), of)) }
    }

    fn wrong(&self, value: &Value, wanted: String, of: &Message) -> WrongType {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let steps: Vec<&str> =
            self.path.iter().map(String::as_str).filter(|step| !step.starts_with('[')).collect();
        let of = of.name.rsplit('.').next().unwrap_or_default().to_owned();
        WrongType { found, of, path: steps.join("."), wanted }
    }
}

fn go_type(kind: Kind) -> String {
    match kind {
        Kind::Text => "string".to_owned(),
        Kind::Bytes => "[]uint8".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::Int32 => "int32".to_owned(),
        Kind::Int64 => "int64".to_owned(),
        Kind::Double => "float64".to_owned(),
        Kind::Time => "v1.Time".to_owned(),
        Kind::MicroTime => "v1.MicroTime".to_owned(),
        Kind::IntOrString => "intstr.IntOrString".to_owned(),
        Kind::Texts => "[]string".to_owned(),
        Kind::Wrapped => "resource.Quantity".to_owned(),
        Kind::Json | Kind::SchemaOrBool | Kind::SchemaOrList | Kind::SchemaOrTexts => "v1.JSON".to_owned(),
        Kind::Message(name) => name.split_once('.').map_or(name, |(_, rest)| rest).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment() -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
            "replicas": 1, "colour": "red",
            "template": {"spec": {"containers": [{"name": "app", "imag": "x", "ports": [{"containerPort": 80}]}]}},
        }})
    }

    #[test]
    fn unknown_fields_are_dropped_and_told() {
        let mut object = deployment();
        let warnings = check_object(&mut object, "Warn").unwrap();
        let expected =
            [r#"unknown field "spec.colour""#, r#"unknown field "spec.template.spec.containers[0].imag""#];
        assert_eq!(warnings, expected);
        assert_eq!(object["spec"].get("colour"), None);
        assert_eq!(object["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"], 80);
    }

    #[test]
    fn strictness_refuses_them() {
        let refused = check_object(&mut deployment(), "Strict").unwrap_err();
        let expected = r#"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.colour", unknown field "spec.template.spec.containers[0].imag""#;
        assert_eq!(refused.message, expected);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        let mut object = deployment();
        object["spec"]["replicas"] = "two".into();
        let refused = check_object(&mut object, "Ignore").unwrap_err();
        let expected = r#"Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"#;
        assert_eq!(refused.message, expected);
    }

    #[test]
    fn fields_of_embedded_structs_are_known() {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
            "volumes": [{"name": "data", "emptyDir": {}}],
            "containers": [{"name": "app", "livenessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 5}}],
        }});
        assert_eq!(check_object(&mut pod, "Strict"), Ok(Vec::new()));
    }
}
