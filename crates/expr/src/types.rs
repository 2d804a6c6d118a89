//! What is known of a value before the program runs.

use crate::value::{FieldType, ListKind, MapKind, Named, RecordType, Value};

/// A static type. `Unknown` is what nothing is known of, `Any` a place that Go declares as `interface {}`: they differ
/// in how messages name them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Unknown,
    Any,
    Nil,
    Bool,
    Int,
    Int64,
    Uint64,
    Uint8,
    Float,
    Text,
    Time,
    Duration,
    Zone,
    Named(&'static str, bool),
    /// The Go type, and what is known of the items.
    List(ListKind, Box<Type>),
    Map(MapKind),
    Record(&'static RecordType),
}

pub(crate) const STATUS_CODE: Type = Type::Named("types.StatusCode", true);

impl Type {
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Nil => Self::Nil,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Int64(_) => Self::Int64,
            Value::Uint64(_) => Self::Uint64,
            Value::Uint8(_) => Self::Uint8,
            Value::Float(_) => Self::Float,
            Value::Text(_) => Self::Text,
            Value::List(list) => Self::list(list.kind()),
            Value::Map(map) => Self::Map(map.kind()),
            Value::Record(record) => Self::Record(record.of),
            Value::Time(_) => Self::Time,
            Value::Duration(_) => Self::Duration,
            Value::Zone(_) => Self::Zone,
            Value::Named(named) => Self::Named(named.go_type(), matches!(named, Named::StatusCode(_))),
        }
    }

    /// A list of a Go type, its items known by that type alone.
    pub(crate) fn list(kind: ListKind) -> Self {
        let items = match kind {
            ListKind::Any | ListKind::Pair => Self::Any,
            ListKind::Ints => Self::Int,
            ListKind::Floats => Self::Float,
            ListKind::Texts => Self::Text,
            ListKind::Times => Self::Time,
            ListKind::Pairs => Self::list(ListKind::Pair),
            ListKind::Records(of) => Self::Record(of),
        };
        Self::List(kind, Box::new(items))
    }

    /// A `[]interface {}` whose items are known to be `items`.
    pub(crate) fn list_of(items: Self) -> Self {
        Self::List(ListKind::Any, Box::new(items))
    }

    pub(crate) fn field(field: FieldType) -> Self {
        match field {
            FieldType::Text => Self::Text,
            FieldType::Floats => Self::list(ListKind::Floats),
            FieldType::Times => Self::list(ListKind::Times),
            FieldType::StatusCode => STATUS_CODE,
            FieldType::Records(of) => Self::list(ListKind::Records(of)),
        }
    }

    /// As the reference's messages name it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Unknown | Self::Nil => "unknown",
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
            Self::Uint8 => "uint8",
            Self::Float => "float64",
            Self::Text => "string",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Zone => "*time.Location",
            Self::Named(name, _) => name,
            Self::List(kind, _) => kind.go_type(),
            Self::Map(kind) => kind.go_type(),
            Self::Record(of) => of.name,
        }
    }

    pub(crate) fn unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Any)
    }

    pub(crate) fn integer(&self) -> bool {
        matches!(self, Self::Int | Self::Int64 | Self::Uint64 | Self::Uint8)
    }

    pub(crate) fn number(&self) -> bool {
        self.integer() || *self == Self::Float
    }

    /// Of Go's string kind, named types included.
    pub(crate) fn text(&self) -> bool {
        matches!(self, Self::Text | Self::Named(_, true))
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Self::List(..))
    }

    /// What is known of the items; of anything else, nothing.
    pub(crate) fn items(&self) -> Self {
        match self {
            Self::List(_, items) => (**items).clone(),
            Self::Map(MapKind::Groups) => Self::list(ListKind::Any),
            Self::Map(_) => Self::Any,
            _ => Self::Unknown,
        }
    }

    pub(crate) fn map_key(kind: MapKind) -> Self {
        if kind == MapKind::Texts { Self::Text } else { Self::Any }
    }

    /// Whether Go would assign a value of this type to a variable of that.
    pub(crate) fn assignable(&self, to: &Self) -> bool {
        match (self, to) {
            (Self::Nil, Self::Any | Self::List(..) | Self::Map(_) | Self::Zone) => true,
            (Self::Nil | Self::Unknown, _) | (_, Self::Nil | Self::Unknown) => false,
            (_, Self::Any) => true,
            (Self::List(a, _), Self::List(b, _)) => a == b,
            (a, b) => a == b,
        }
    }

    pub(crate) fn comparable(&self, to: &Self) -> bool {
        let free = |t: &Self| t.unknown() || *t == Self::Nil;
        free(self)
            || free(to)
            || (self.number() && to.number())
            || (self.is_list() && to.is_list())
            || self.assignable(to)
    }

    /// Whether two operands may fit: both unknown, or one unknown and the other of one of these sorts.
    pub(crate) fn maybe(&self, other: &Self, sorts: impl Fn(&Self) -> bool) -> bool {
        match (self.unknown(), other.unknown()) {
            (true, true) => true,
            (true, false) => sorts(other),
            (false, true) => sorts(self),
            (false, false) => false,
        }
    }

    /// Whether two items of a list literal are of one Go kind.
    pub(crate) fn same_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown | Self::Nil, Self::Unknown | Self::Nil)
            | (Self::List(..), Self::List(..))
            | (Self::Map(_), Self::Map(_)) => true,
            (a, b) => a == b || (a.text() && b.text()),
        }
    }
}
