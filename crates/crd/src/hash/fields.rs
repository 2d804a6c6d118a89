//! The tables of field orders, as data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Types by name.
pub(super) type Table = BTreeMap<&'static str, Vec<Field>>;

/// One field of a type.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// Left out only when absent: an explicit zero value is written.
    pub(super) pointer: bool,
    /// Written even when absent.
    pub(super) always: bool,
    pub(super) kind: Kind,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, lists of text, maps of text, or raw JSON: written as it is. Zero is `""`.
    Plain,
    /// A number. Zero is `0`.
    Int,
    /// A list of plain values. Zero is `null`.
    List,
    /// A quantity.
    Quantity,
    /// An object of a type in the table.
    Object(&'static str),
    /// A list of them. Zero is `null`.
    Objects(&'static str),
    /// A map to them.
    MapOf(&'static str),
    /// A map to quantities.
    MapOfQuantity,
}

pub(super) static POD_TEMPLATE: LazyLock<Table> =
    LazyLock::new(|| table(include_str!("pod_template.fields")));
pub(super) static STEPS: LazyLock<Table> = LazyLock::new(|| table(include_str!("steps.fields")));

fn table(text: &'static str) -> Table {
    let types = text.lines().filter(|line| !line.starts_with('#'));
    types
        .filter_map(|line| {
            let (name, fields) = line.split_once(' ')?;
            Some((name, fields.split(' ').map(field).collect()))
        })
        .collect()
}

fn field(text: &'static str) -> Field {
    let (head, kind) = text.split_once(':').unwrap_or((text, ""));
    Field {
        name: head.trim_end_matches(['*', '!']),
        pointer: head.contains('*'),
        always: head.ends_with('!'),
        kind: kind_of(kind),
    }
}

fn kind_of(text: &'static str) -> Kind {
    match text {
        "" | "Time" | "FieldsV1" | "bytes" => Kind::Plain,
        "int" | "IntOrString" => Kind::Int,
        "list" => Kind::List,
        "Quantity" => Kind::Quantity,
        "map<Quantity>" => Kind::MapOfQuantity,
        _ => {
            let inside = |open, close| text.strip_prefix(open)?.strip_suffix(close);
            inside("[", "]")
                .map(Kind::Objects)
                .or_else(|| inside("map<", ">").map(Kind::MapOf))
                .unwrap_or(Kind::Object(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_a_table_names_is_in_it() {
        for table in [&*POD_TEMPLATE, &*STEPS] {
            for field in table.values().flatten() {
                if let Kind::Object(name) | Kind::Objects(name) | Kind::MapOf(name) = field.kind {
                    assert!(table.contains_key(name), "{} names {name}", field.name);
                }
            }
        }
    }
}
