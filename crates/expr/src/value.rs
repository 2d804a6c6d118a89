//! The values that programs work on, typed as the reference types them.

mod collection;
mod convert;
mod record;

use std::fmt;
use std::sync::Arc;

pub use crate::time::{Time, Zone};
pub use collection::{Key, List, ListKind, Map, MapKind};
pub use record::{CLOUDWATCH_MESSAGE, CLOUDWATCH_RESULT, FieldType, Record, RecordType};

/// A value of the language.
///
/// The integer kinds are apart because the reference's messages and its `isNaN` tell them apart; arithmetic treats them
/// alike. Lists and maps are shared, so a clone is cheap.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Nil,
    /// A truth value.
    Bool(bool),
    /// Go's `int`: what integer literals and most functions give.
    Int(i64),
    /// Go's `int64`: from InfluxDB and `asInt`.
    Int64(i64),
    /// Go's `uint64`: from InfluxDB.
    Uint64(u64),
    /// Go's `uint8`: one byte of a text.
    Uint8(u8),
    /// Go's `float64`: every JSON number.
    Float(f64),
    /// A text.
    Text(Arc<str>),
    /// A list.
    List(Arc<List>),
    /// A map.
    Map(Arc<Map>),
    /// A record with named fields.
    Record(Arc<Record>),
    /// A point in time.
    Time(Time),
    /// A span of time, in nanoseconds.
    Duration(i64),
    /// A time zone.
    Zone(Zone),
    /// A value of a named Go type, which equals nothing of another type.
    Named(Named),
}

/// Named Go types that reach programs.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// `time.Weekday`, Sunday is 0.
    Weekday(u8),
    /// `time.Month`, January is 1.
    Month(u8),
    /// CloudWatch's `types.StatusCode`.
    StatusCode(Arc<str>),
}

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Named {
    /// The type's name in Go.
    pub fn go_type(&self) -> &'static str {
        match self {
            Self::Weekday(_) => "time.Weekday",
            Self::Month(_) => "time.Month",
            Self::StatusCode(_) => "types.StatusCode",
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Weekday(day) => WEEKDAYS.get(usize::from(*day)).copied().unwrap_or_default(),
            Self::Month(month) => {
                MONTHS.get(usize::from(*month).wrapping_sub(1)).copied().unwrap_or_default()
            }
            Self::StatusCode(code) => code,
        })
    }
}

impl Value {
    /// A list of numbers, as most providers answer.
    pub fn floats(numbers: impl IntoIterator<Item = f64>) -> Self {
        Self::List(Arc::new(List::new(ListKind::Floats, numbers.into_iter().map(Self::Float).collect())))
    }

    /// A list of anything.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Arc::new(List::new(ListKind::Any, items)))
    }

    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// The type's name in Go, as `%T` prints it.
    pub fn go_type(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Uint64(_) => "uint64",
            Self::Uint8(_) => "uint8",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::List(list) => list.kind().go_type(),
            Self::Map(map) => map.kind().go_type(),
            Self::Record(record) => record.of.name,
            Self::Time(_) => "time.Time",
            Self::Duration(_) => "time.Duration",
            Self::Zone(_) => "*time.Location",
            Self::Named(named) => named.go_type(),
        }
    }

    /// No value, or a list without items: what providers give when there is no data.
    pub fn is_nil_or_empty(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::List(list) => list.items().is_empty(),
            _ => false,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(i) | Self::Int64(i) => Some(*i),
            Self::Uint64(u) => Some(*u as i64),
            Self::Uint8(u) => Some(i64::from(*u)),
            _ => None,
        }
    }

    pub(crate) fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(f) => Some(*f),
            Self::Uint64(u) => Some(*u as f64),
            _ => self.as_int().map(|i| i as f64),
        }
    }

    /// How many containers lie within one another here; scalars are 0.
    pub(crate) fn depth(&self) -> u16 {
        match self {
            Self::List(list) => list.depth(),
            Self::Map(map) => map.depth(),
            Self::Record(record) => record.depth(),
            _ => 0,
        }
    }
}
