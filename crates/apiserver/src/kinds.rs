//! The table of the built-in kinds: their messages, fields and forms.
//!
//! `kinds/kinds.txt` is written by `crates/apiserver/schema` from the struct tags of Kubernetes' own Go types. It serves
//! two readers: bodies in protobuf, and the check for fields that a kind does not have.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table, read once.
pub(crate) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::parse(include_str!("kinds/kinds.txt")));

/// The layout of all kinds.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    kinds: BTreeMap<(&'static str, &'static str), &'static str>,
    messages: BTreeMap<&'static str, Message>,
}

/// The fields of one message by their number.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) name: &'static str,
    pub(crate) fields: BTreeMap<u64, Layout>,
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Its name in JSON; `None` is an embedded struct whose fields stand beside those of its parent.
    pub(crate) name: Option<&'static str>,
    /// Whether an empty value is written into the JSON: Go pointers, and fields without `omitempty`.
    pub(crate) keep_empty: bool,
    /// Whether it occurs once, repeatedly, or by key.
    pub(crate) shape: Shape,
    /// What each value is.
    pub(crate) kind: Kind,
}

/// How often a field occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    One,
    List,
    /// Messages of key and value.
    Map,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Base64 in JSON.
    Bytes,
    Bool,
    Int32,
    Int64,
    Double,
    /// Seconds and nanoseconds; RFC 3339 in JSON.
    Time,
    /// As `Time`, written with microseconds.
    MicroTime,
    /// A number or a text.
    IntOrString,
    /// A message around one text: `Quantity`.
    Wrapped,
    /// A message around a list of texts.
    Texts,
    /// A message around raw JSON: `RawExtension`, `FieldsV1`, `JSON`.
    Json,
    /// A schema, or whether anything is allowed at all.
    SchemaOrBool,
    /// A schema, or a list of them.
    SchemaOrList,
    /// A schema, or a list of texts.
    SchemaOrTexts,
    Message(&'static str),
}

impl Schema {
    /// The message of a kind. `DeleteOptions` is sent under the version of whatever is deleted.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<&Message> {
        let named = |api_version: &str| {
            self.kinds.iter().find(|((a, k), _)| *a == api_version && *k == kind).map(|(_, message)| message)
        };
        let message = if kind == "DeleteOptions" { named("v1") } else { named(api_version) };
        self.messages.get(message?)
    }

    /// A message by name.
    pub(crate) fn message(&self, name: &str) -> Option<&Message> {
        self.messages.get(name)
    }

    /// A message's field by its name in JSON, also when it stands in an embedded struct.
    pub(crate) fn field(&self, message: &Message, name: &str) -> Option<Layout> {
        message.fields.values().find(|layout| layout.name == Some(name)).copied().or_else(|| {
            let embedded = message.fields.values().filter(|layout| layout.name.is_none());
            embedded.into_iter().find_map(|layout| match layout.kind {
                Kind::Message(of) => self.field(self.message(of)?, name),
                _ => None,
            })
        })
    }

    fn parse(table: &'static str) -> Self {
        let mut schema = Self::default();
        let mut open = None;
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["kind", api_version, kind, message] => {
                    schema.kinds.insert((api_version, kind), message);
                }
                ["message", name] => {
                    schema.messages.insert(name, Message { name, ..Message::default() });
                    open = Some(*name);
                }
                [number, name, form] => {
                    if let (Some(message), Ok(number)) =
                        (open.and_then(|open| schema.messages.get_mut(open)), number.parse())
                    {
                        message.fields.insert(number, Layout::parse(name, form));
                    }
                }
                _ => {}
            }
        }
        schema
    }
}

impl Layout {
    fn parse(name: &'static str, form: &'static str) -> Self {
        let bare = form.trim_start_matches(['?', '!']);
        let (shape, kind) = match (bare.strip_prefix("[]"), bare.strip_prefix("{}")) {
            (Some(item), _) => (Shape::List, item),
            (_, Some(item)) => (Shape::Map, item),
            _ => (Shape::One, bare),
        };
        let keep_empty = form != bare;
        Self { name: Some(name).filter(|name| *name != "-"), keep_empty, shape, kind: Kind::parse(kind) }
    }
}

impl Kind {
    fn parse(word: &'static str) -> Self {
        match word {
            "string" => Self::Text,
            "bytes" => Self::Bytes,
            "bool" => Self::Bool,
            "int32" => Self::Int32,
            "int64" | "duration" => Self::Int64,
            "float64" => Self::Double,
            "time" => Self::Time,
            "microtime" => Self::MicroTime,
            "intorstring" => Self::IntOrString,
            "string1" => Self::Wrapped,
            "texts" => Self::Texts,
            "json" => Self::Json,
            "schemaorbool" => Self::SchemaOrBool,
            "schemaoritems" => Self::SchemaOrList,
            "schemaorstrings" => Self::SchemaOrTexts,
            message => Self::Message(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_that_a_field_names_is_in_the_table() {
        for (name, message) in &SCHEMA.messages {
            for layout in message.fields.values() {
                if let Kind::Message(of) = layout.kind {
                    assert!(SCHEMA.message(of).is_some(), "{name} names {of}");
                }
            }
        }
        assert!(SCHEMA.kind("apps/v1", "Deployment").is_some());
        assert!(SCHEMA.kind("apps/v1", "DeleteOptions").is_some());
    }
}
