//! Lists and maps.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{RecordType, Value};

/// The Go type of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// `[]interface {}`
    Any,
    /// `[]int`
    Ints,
    /// `[]float64`
    Floats,
    /// `[]string`
    Texts,
    /// `[]time.Time`
    Times,
    /// `[2]interface {}`, one pair of `toPairs`
    Pair,
    /// `[][2]interface {}`
    Pairs,
    /// A slice of records.
    Records(&'static RecordType),
}

impl ListKind {
    pub(crate) fn go_type(self) -> &'static str {
        match self {
            Self::Any => "[]interface {}",
            Self::Ints => "[]int",
            Self::Floats => "[]float64",
            Self::Texts => "[]string",
            Self::Times => "[]time.Time",
            Self::Pair => "[2]interface {}",
            Self::Pairs => "[][2]interface {}",
            Self::Records(of) => of.list_name,
        }
    }
}

/// Items in order.
#[derive(Debug, PartialEq)]
pub struct List {
    kind: ListKind,
    items: Vec<Value>,
    depth: u16,
}

pub(super) fn around<'v>(items: impl Iterator<Item = &'v Value>) -> u16 {
    items.map(Value::depth).max().unwrap_or(0).saturating_add(1)
}

impl List {
    /// A list of this Go type.
    pub fn new(kind: ListKind, items: Vec<Value>) -> Self {
        let depth = around(items.iter());
        Self { kind, items, depth }
    }

    /// Its Go type.
    pub fn kind(&self) -> ListKind {
        self.kind
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }
}

/// The Go type of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// `map[string]interface {}`: JSON objects and literals.
    Texts,
    /// `map[interface {}]interface {}`: from `fromPairs`.
    Any,
    /// `map[interface {}][]interface {}`: from `groupBy`.
    Groups,
}

impl MapKind {
    pub(crate) fn go_type(self) -> &'static str {
        match self {
            Self::Texts => "map[string]interface {}",
            Self::Any => "map[interface {}]interface {}",
            Self::Groups => "map[interface {}][]interface {}",
        }
    }
}

/// A value that can be a map's key.
#[derive(Clone, Debug)]
pub enum Key {
    /// A text.
    Text(Arc<str>),
    /// Any other value without containers in it.
    Other(Value),
}

impl Key {
    /// `None` for what Go cannot hash: lists and maps.
    pub fn new(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(Self::Text(Arc::clone(text))),
            Value::List(_) | Value::Map(_) | Value::Record(_) => None,
            other => Some(Self::Other(other.clone())),
        }
    }

    /// The value that it was made of.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::Text(Arc::clone(text)),
            Self::Other(value) => value.clone(),
        }
    }
}

/// Keys of one type are in their own order, the types in that of their names. NaN is a key like any other.
impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Text(_), Self::Other(_)) => Ordering::Less,
            (Self::Other(_), Self::Text(_)) => Ordering::Greater,
            (Self::Other(Value::Float(a)), Self::Other(Value::Float(b))) => a.total_cmp(b),
            (Self::Other(Value::Time(a)), Self::Other(Value::Time(b))) => a.at.cmp(&b.at),
            (Self::Other(Value::Duration(a)), Self::Other(Value::Duration(b))) => a.cmp(b),
            (Self::Other(a), Self::Other(b)) => {
                let rest = || a.as_int().cmp(&b.as_int()).then_with(|| scalar(a).cmp(&scalar(b)));
                a.go_type().cmp(b.go_type()).then_with(rest)
            }
        }
    }
}

fn scalar(value: &Value) -> String {
    if value.as_int().is_some() { String::new() } else { crate::go_text::value(value) }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

/// Values by key, in the keys' order (Go's own order is random).
#[derive(Debug, PartialEq)]
pub struct Map {
    kind: MapKind,
    entries: BTreeMap<Key, Value>,
    depth: u16,
}

impl Map {
    /// A map of this Go type.
    pub fn new(kind: MapKind, entries: BTreeMap<Key, Value>) -> Self {
        let depth = around(entries.values());
        Self { kind, entries, depth }
    }

    /// Its Go type.
    pub fn kind(&self) -> MapKind {
        self.kind
    }

    /// The entries.
    pub fn entries(&self) -> &BTreeMap<Key, Value> {
        &self.entries
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(&Key::Text(Arc::from(name)))
    }

    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }
}
