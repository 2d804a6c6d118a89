//! The functions that every program has: one table, one file for each sort of them.

mod bits;
mod collections;
mod convert;
mod json;
mod numbers;
mod pairs;
mod strings;
mod times;

use jiff::Timestamp;

use crate::budget::Budget;
use crate::types::Type;
use crate::value::{ListKind, Value};

/// What a builtin is called with.
pub(crate) struct Call<'c> {
    pub(crate) arguments: &'c [Value],
    pub(crate) now: Timestamp,
    pub(crate) budget: &'c mut Budget,
}

/// What a builtin gives, or Go's message.
pub(crate) type Given = Result<Value, String>;

/// The type of a parameter or of a result, writable in a constant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sort {
    Any,
    Anys,
    Bool,
    Duration,
    Floats,
    Int,
    Ints,
    Text,
    Texts,
    Zone,
}

impl Sort {
    pub(crate) fn type_of(self) -> Type {
        match self {
            Self::Any => Type::Any,
            Self::Anys => Type::list(ListKind::Any),
            Self::Bool => Type::Bool,
            Self::Duration => Type::Duration,
            Self::Floats => Type::list(ListKind::Floats),
            Self::Int => Type::Int,
            Self::Ints => Type::list(ListKind::Ints),
            Self::Text => Type::Text,
            Self::Texts => Type::list(ListKind::Texts),
            Self::Zone => Type::Zone,
        }
    }
}

/// A list of parameters with what comes back.
pub(crate) type Signature = (&'static [Sort], Sort);

/// How arguments are checked before the program runs.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    /// The first signature that fits.
    Signatures(&'static [Signature]),
    /// A rule of its own.
    Rule(fn(&[Type]) -> Result<Type, String>),
    /// `get`, which looks like an index.
    Get,
}

pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) check: Check,
    pub(crate) run: fn(&mut Call<'_>) -> Given,
}

/// Every builtin without a predicate.
const TABLES: [&[Builtin]; 8] = [
    bits::TABLE,
    collections::TABLE,
    convert::TABLE,
    json::TABLE,
    numbers::TABLE,
    pairs::TABLE,
    strings::TABLE,
    times::TABLE,
];

const PREDICATES: [&str; 15] = [
    "all",
    "any",
    "count",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "groupBy",
    "map",
    "none",
    "one",
    "reduce",
    "sortBy",
    "sum",
];

/// The builtin of this name, unless it takes a predicate.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    TABLES.iter().flat_map(|table| table.iter()).find(|builtin| builtin.name == name)
}

/// Whether this builtin takes a predicate.
pub(crate) fn is_predicate(name: &str) -> bool {
    PREDICATES.contains(&name)
}

/// A type as Go names it in the messages of rules; nil has none.
fn named(type_of: &Type) -> &'static str {
    match type_of {
        Type::Nil => "%!s(<nil>)",
        Type::Unknown => "interface {}",
        other => other.name(),
    }
}

fn one(types: &[Type]) -> Result<&Type, String> {
    match types {
        [only] => Ok(only),
        other => Err(format!("invalid number of arguments (expected 1, got {})", other.len())),
    }
}

impl Call<'_> {
    fn argument(&self, place: usize) -> &Value {
        self.arguments.get(place).unwrap_or(&Value::Nil)
    }

    fn text(&self, place: usize) -> Result<&str, String> {
        match self.argument(place) {
            Value::Text(text) => Ok(text),
            other => Err(crate::environment::conversion(other, "string")),
        }
    }

    /// Charges the text at `place` as work.
    fn read(&mut self, place: usize) -> Result<(), String> {
        let length = self.text(place)?.len() as u64;
        self.budget.work(1 + length / 16)
    }
}

/// Go's name for the kind of a value, in messages that speak of kinds.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::List(_) => "slice",
        Value::Map(_) => "map",
        Value::Record(_) | Value::Time(_) => "struct",
        Value::Duration(_) => "int64",
        Value::Zone(_) => "ptr",
        Value::Named(crate::value::Named::StatusCode(_)) => "string",
        Value::Named(_) => "int",
        other => other.go_type(),
    }
}
