//! The schema of a custom resource, as far as the server acts on it: defaults, pruning, validation, merge rules.

mod check;
mod fill;
mod prune;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::lists::ListRule;

/// A structural schema (`openAPIV3Schema` of a CustomResourceDefinition).
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // each is a field of the schema language
pub(crate) struct Schema {
    pub(crate) kind: String,
    pub(crate) format: String,
    pub(crate) nullable: bool,
    pub(crate) int_or_string: bool,
    pub(crate) preserve: bool,
    pub(crate) embedded: bool,
    pub(crate) properties: BTreeMap<String, Schema>,
    pub(crate) additional: Option<Box<Schema>>,
    pub(crate) items: Option<Box<Schema>>,
    pub(crate) required: Vec<String>,
    pub(crate) default: Option<Value>,
    pub(crate) allowed: Vec<Value>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) bounds: Bounds,
    pub(crate) list_type: String,
    pub(crate) list_keys: Vec<String>,
    pub(crate) atomic_map: bool,
    pub(crate) all_of: Vec<Schema>,
    pub(crate) any_of: Vec<Schema>,
    pub(crate) one_of: Vec<Schema>,
    pub(crate) not: Option<Box<Schema>>,
}

/// A regular expression, compiled once. One that this engine cannot read allows everything.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) text: String,
    pub(crate) compiled: Option<regex_lite::Regex>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The numeric bounds of a schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) exclusive_minimum: bool,
    pub(crate) exclusive_maximum: bool,
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    pub(crate) min_items: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) min_properties: Option<u64>,
    pub(crate) max_properties: Option<u64>,
}

impl Schema {
    /// Reads a schema as it stands in a CustomResourceDefinition.
    pub(crate) fn parse(schema: &Value) -> Self {
        let word = |key: &str| schema[key].as_str().unwrap_or_default().to_owned();
        let flag = |key: &str| schema[key] == true;
        let boxed = |key: &str| schema.get(key).filter(|s| s.is_object()).map(|s| Box::new(Self::parse(s)));
        let many = |key: &str| list(schema, key).iter().map(Self::parse).collect();
        let words =
            |key: &str| list(schema, key).iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let additional = if schema["additionalProperties"] == true {
            Some(Box::new(Self { preserve: true, ..Self::default() }))
        } else {
            boxed("additionalProperties")
        };
        Self {
            kind: word("type"),
            format: word("format"),
            nullable: flag("nullable"),
            int_or_string: flag("x-kubernetes-int-or-string"),
            preserve: flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            properties: properties.map(|(name, schema)| (name.clone(), Self::parse(schema))).collect(),
            additional,
            items: boxed("items"),
            required: words("required"),
            default: schema.get("default").cloned(),
            allowed: list(schema, "enum").to_vec(),
            pattern: schema["pattern"].as_str().map(Pattern::new),
            bounds: Bounds::parse(schema),
            list_type: word("x-kubernetes-list-type"),
            list_keys: words("x-kubernetes-list-map-keys"),
            atomic_map: schema["x-kubernetes-map-type"] == "atomic",
            all_of: many("allOf"),
            any_of: many("anyOf"),
            one_of: many("oneOf"),
            not: boxed("not"),
        }
    }

    /// The schema of what is under `name`.
    pub(crate) fn property(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(self.additional.as_deref())
    }

    /// How this list merges under server-side apply.
    pub(crate) fn list_rule(&self) -> ListRule {
        match self.list_type.as_str() {
            "set" => ListRule::Set,
            "map" => ListRule::Map(self.list_keys.clone()),
            _ => ListRule::Atomic,
        }
    }

    /// Whether this map belongs to one writer as a whole.
    pub(crate) fn is_atomic_map(&self) -> bool {
        self.atomic_map
    }
}

impl Pattern {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), compiled: regex_lite::Regex::new(text).ok() }
    }
}

impl Bounds {
    fn parse(schema: &Value) -> Self {
        let count = |key: &str| schema[key].as_u64();
        Self {
            minimum: schema["minimum"].as_f64(),
            maximum: schema["maximum"].as_f64(),
            exclusive_minimum: schema["exclusiveMinimum"] == true,
            exclusive_maximum: schema["exclusiveMaximum"] == true,
            min_length: count("minLength"),
            max_length: count("maxLength"),
            min_items: count("minItems"),
            max_items: count("maxItems"),
            min_properties: count("minProperties"),
            max_properties: count("maxProperties"),
        }
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema[key].as_array().map(Vec::as_slice).unwrap_or_default()
}
