//! How lists and maps merge: by key, as sets, or not at all. Strategic merge and server-side apply both ask here.

use serde_json::Value;

use crate::schema::Schema;

/// How a list merges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListRule {
    /// It is replaced as a whole.
    Atomic,
    /// Values are added and taken away one by one.
    Set,
    /// Items are told apart by these fields.
    Map(Vec<String>),
}

/// One row: lists with this field name, in something with that name (`*` is anywhere), merge by these fields.
struct Row(&'static str, &'static str, &'static [&'static str]);

/// Lists of built-in kinds that merge by key. The first field is the one that strategic merge uses.
const BY_KEY: &[Row] = &[
    Row("containers", "*", &["name"]),
    Row("initContainers", "*", &["name"]),
    Row("ephemeralContainers", "*", &["name"]),
    Row("volumes", "*", &["name"]),
    Row("imagePullSecrets", "*", &["name"]),
    Row("hostAliases", "*", &["ip"]),
    Row("topologySpreadConstraints", "*", &["topologyKey", "whenUnsatisfiable"]),
    Row("resourceClaims", "*", &["name"]),
    Row("schedulingGates", "*", &["name"]),
    Row("env", "*", &["name"]),
    Row("volumeMounts", "*", &["mountPath"]),
    Row("volumeDevices", "*", &["devicePath"]),
    Row("ports", "containers", &["containerPort", "protocol"]),
    Row("ports", "initContainers", &["containerPort", "protocol"]),
    Row("ports", "spec", &["port", "protocol"]),
    Row("conditions", "status", &["type"]),
    Row("ownerReferences", "metadata", &["uid"]),
    Row("podIPs", "status", &["ip"]),
    Row("secrets", "", &["name"]),
];

/// Lists of built-in kinds that are sets.
const SETS: &[(&str, &str)] = &[("finalizers", "metadata"), ("finalizers", "spec")];

/// Maps of built-in kinds that belong to one writer as a whole.
const ATOMIC_MAPS: &[&str] = &[
    "selector",
    "labelSelector",
    "namespaceSelector",
    "nodeSelector",
    "secretKeyRef",
    "configMapKeyRef",
    "fieldRef",
    "resourceFieldRef",
    "involvedObject",
    "targetRef",
];

/// A place in an object: what is known about how things merge there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'a> {
    /// In a built-in kind: the name of this field and of the one around it.
    BuiltIn {
        /// The field around this one; empty at the top.
        parent: &'a str,
        /// This field; empty at the top.
        field: &'a str,
    },
    /// In a custom resource; `None` where its schema says nothing.
    Custom(Option<&'a Schema>),
    /// In the metadata of a custom resource, which is as everywhere.
    CustomTop(&'a Schema),
}

impl<'a> Shape<'a> {
    /// The top of an object of a built-in kind.
    pub(crate) fn built_in(_kind: &str) -> Self {
        Self::BuiltIn { parent: "", field: "" }
    }

    /// What is under `name`.
    pub(crate) fn field<'b>(&self, name: &'b str) -> Shape<'b>
    where
        'a: 'b,
    {
        match *self {
            Self::BuiltIn { field, .. } => Shape::BuiltIn { parent: field, field: name },
            Self::CustomTop(_) if name == "metadata" => Shape::BuiltIn { parent: "", field: name },
            Self::CustomTop(schema) => Shape::Custom(schema.property(name)),
            Self::Custom(schema) => Shape::Custom(schema.and_then(|schema| schema.property(name))),
        }
    }

    /// What an item of this list is.
    pub(crate) fn item(&self) -> Shape<'a> {
        match *self {
            Self::Custom(schema) => Shape::Custom(schema.and_then(|schema| schema.items.as_deref())),
            other => other,
        }
    }

    /// How this list merges.
    pub(crate) fn list(&self) -> ListRule {
        match *self {
            Self::BuiltIn { parent, field } => built_in_list(parent, field),
            Self::Custom(Some(schema)) => schema.list_rule(),
            _ => ListRule::Atomic,
        }
    }

    /// Whether this map has one owner as a whole.
    pub(crate) fn is_atomic_map(&self) -> bool {
        match *self {
            Self::BuiltIn { field, .. } => ATOMIC_MAPS.contains(&field),
            Self::Custom(Some(schema)) => schema.is_atomic_map(),
            _ => false,
        }
    }
}

fn built_in_list(parent: &str, field: &str) -> ListRule {
    if SETS.contains(&(field, parent)) {
        return ListRule::Set;
    }
    let row = BY_KEY.iter().find(|row| row.0 == field && (row.1 == "*" || row.1 == parent));
    row.map_or(ListRule::Atomic, |row| ListRule::Map(row.2.iter().map(|&key| key.to_owned()).collect()))
}

impl ListRule {
    /// The field that strategic merge goes by; empty where it goes by none.
    pub(crate) fn merge_key(&self) -> &str {
        match self {
            Self::Map(keys) => keys.first().map_or("", String::as_str),
            _ => "",
        }
    }

    /// Whether two items are the same one, as strategic merge sees it.
    pub(crate) fn same(&self, one: &Value, other: &Value) -> bool {
        match self {
            Self::Map(_) => one.get(self.merge_key()) == other.get(self.merge_key()),
            _ => one == other,
        }
    }
}
