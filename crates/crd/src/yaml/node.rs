//! JSON values that know where they stand.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_yaml::Spanned;

use super::Position;

/// Where the parts of a value stand.
#[derive(Default)]
pub(super) struct Places {
    pub(super) positions: BTreeMap<String, Position>,
    pub(super) duplicates: Vec<(String, Position)>,
}

/// A value as read, with positions.
pub(super) enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Object(Vec<(Spanned<String>, Node)>),
}

impl Node {
    /// The plain value; notes where every part below `pointer` stands.
    pub(super) fn flatten(self, pointer: &mut String, places: &mut Places) -> Value {
        match self {
            Self::Scalar(value) => value,
            Self::List(items) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    let position = position(&item);
                    below(pointer, &index.to_string(), |pointer| {
                        places.positions.insert(pointer.clone(), position);
                        item.value.flatten(pointer, places)
                    })
                });
                items.collect()
            }
            Self::Object(members) => {
                let mut object = Map::new();
                for (key, member) in members {
                    let position = position(&key);
                    let repeated = object.contains_key(&key.value);
                    let member =
                        below(pointer, &key.value.replace('~', "~0").replace('/', "~1"), |pointer| {
                            places.positions.insert(pointer.clone(), position);
                            if repeated {
                                places.duplicates.push((pointer.clone(), position));
                            }
                            member.flatten(pointer, places)
                        });
                    object.insert(key.value, member);
                }
                Value::Object(object)
            }
        }
    }
}

fn position<T>(spanned: &Spanned<T>) -> Position {
    let number = |number: u64| usize::try_from(number).unwrap_or_default();
    Position { line: number(spanned.referenced.line()), column: number(spanned.referenced.column()) }
}

fn below<T>(pointer: &mut String, segment: &str, then: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(segment);
    let result = then(pointer);
    pointer.truncate(length);
    result
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Node::Object(members))
    }
}
