//! The methods of times, durations and named values.

use super::{Time, Zone, duration, format};
use crate::environment::conversion;
use crate::types::Type;
use crate::value::{Named, Value};

type Given = Result<Value, String>;

/// One method: what it takes beside its receiver, and what it gives.
pub(crate) struct Method {
    receiver: Receiver,
    name: &'static str,
    pub(crate) parameters: &'static [Type],
    pub(crate) gives: &'static Type,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    Time,
    Duration,
    Named,
}

const fn time(name: &'static str, parameters: &'static [Type], gives: &'static Type) -> Method {
    Method { receiver: Receiver::Time, name, parameters, gives }
}

const fn span(name: &'static str, parameters: &'static [Type], gives: &'static Type) -> Method {
    Method { receiver: Receiver::Duration, name, parameters, gives }
}

static WEEKDAY: Type = Type::Named("time.Weekday", false);
static MONTH: Type = Type::Named("time.Month", false);

static METHODS: [Method; 37] = [
    time("Year", &[], &Type::Int),
    time("Month", &[], &MONTH),
    time("Day", &[], &Type::Int),
    time("Hour", &[], &Type::Int),
    time("Minute", &[], &Type::Int),
    time("Second", &[], &Type::Int),
    time("Nanosecond", &[], &Type::Int),
    time("Weekday", &[], &WEEKDAY),
    time("YearDay", &[], &Type::Int),
    time("Unix", &[], &Type::Int64),
    time("UnixMilli", &[], &Type::Int64),
    time("UnixMicro", &[], &Type::Int64),
    time("UnixNano", &[], &Type::Int64),
    time("UTC", &[], &Type::Time),
    time("In", &[Type::Zone], &Type::Time),
    time("IsZero", &[], &Type::Bool),
    time("String", &[], &Type::Text),
    time("Format", &[Type::Text], &Type::Text),
    time("Add", &[Type::Duration], &Type::Time),
    time("Sub", &[Type::Time], &Type::Duration),
    time("Before", &[Type::Time], &Type::Bool),
    time("After", &[Type::Time], &Type::Bool),
    time("Equal", &[Type::Time], &Type::Bool),
    time("Compare", &[Type::Time], &Type::Int),
    time("Truncate", &[Type::Duration], &Type::Time),
    span("Hours", &[], &Type::Float),
    span("Minutes", &[], &Type::Float),
    span("Seconds", &[], &Type::Float),
    span("Milliseconds", &[], &Type::Int64),
    span("Microseconds", &[], &Type::Int64),
    span("Nanoseconds", &[], &Type::Int64),
    span("Abs", &[], &Type::Duration),
    span("Truncate", &[Type::Duration], &Type::Duration),
    span("Round", &[Type::Duration], &Type::Duration),
    span("String", &[], &Type::Text),
    Method { receiver: Receiver::Named, name: "String", parameters: &[], gives: &Type::Text },
    time("GoString", &[], &Type::Text),
];

/// The method of this name on values of this type.
pub(crate) fn find(of: &Type, name: &str) -> Option<&'static Method> {
    let receiver = match of {
        Type::Time => Receiver::Time,
        Type::Duration => Receiver::Duration,
        Type::Named(_, false) => Receiver::Named,
        _ => return None,
    };
    METHODS.iter().find(|method| method.receiver == receiver && method.name == name)
}

/// Calls a method by name.
///
/// # Errors
/// Go's message if the value has no such method, or the arguments do not fit it.
pub(crate) fn call(receiver: &Value, name: &str, arguments: &[Value]) -> Given {
    let Some(method) = find(&Type::of(receiver), name) else {
        if let Value::Map(map) = receiver {
            return Err(match map.get(name) {
                None | Some(Value::Nil) => "invalid operation: cannot call nil".to_owned(),
                Some(other) => {
                    format!("invalid operation: cannot call non-function of type {}", other.go_type())
                }
            });
        }
        return Err(format!("cannot fetch {name} from {}", receiver.go_type()));
    };
    let (wanted, given) = (method.parameters.len(), arguments.len());
    if wanted != given {
        return Err(format!("invalid number of arguments: expected {wanted}, got {given}"));
    }
    let argument = arguments.first().unwrap_or(&Value::Nil);
    match receiver {
        Value::Time(time) => of_time(time, name, argument),
        Value::Duration(span) => of_duration(*span, name, argument),
        Value::Named(named) => Ok(Value::text(named.to_string())),
        _ => Err(format!("cannot fetch {name} from {}", receiver.go_type())),
    }
}

fn span_of(value: &Value) -> Result<i64, String> {
    match value {
        Value::Duration(span) => Ok(*span),
        other => Err(conversion(other, "time.Duration")),
    }
}

fn time_of(value: &Value) -> Result<&Time, String> {
    match value {
        Value::Time(time) => Ok(time),
        other => Err(conversion(other, "time.Time")),
    }
}

fn of_time(time: &Time, name: &str, argument: &Value) -> Given {
    let civil = time.civil();
    let int = |n: i64| Ok(Value::Int(n));
    let nanoseconds = time.at.as_nanosecond();
    let scaled = |unit: i128| Ok(Value::Int64(nanoseconds.div_euclid(unit) as i64));
    match name {
        "Year" => int(i64::from(civil.year())),
        "Month" => Ok(Value::Named(Named::Month(civil.month() as u8))),
        "Day" => int(i64::from(civil.day())),
        "Hour" => int(i64::from(civil.hour())),
        "Minute" => int(i64::from(civil.minute())),
        "Second" => int(i64::from(civil.second())),
        "Nanosecond" => int(i64::from(civil.subsec_nanosecond())),
        "Weekday" => Ok(Value::Named(Named::Weekday(civil.weekday().to_sunday_zero_offset() as u8))),
        "YearDay" => int(i64::from(civil.day_of_year())),
        "Unix" => scaled(1_000_000_000),
        "UnixMilli" => scaled(1_000_000),
        "UnixMicro" => scaled(1_000),
        "UnixNano" => scaled(1),
        "UTC" => Ok(Value::Time(Time { at: time.at, zone: Zone::utc() })),
        "In" => match argument {
            Value::Zone(zone) => Ok(Value::Time(Time { at: time.at, zone: zone.clone() })),
            other => Err(conversion(other, "*time.Location")),
        },
        "IsZero" => Ok(Value::Bool(false)),
        "Format" => match argument {
            Value::Text(layout) => Ok(Value::text(format(time, layout))),
            other => Err(conversion(other, "string")),
        },
        "Add" => Ok(Value::Time(time.plus(span_of(argument)?)?)),
        "Sub" => Ok(Value::Duration(time.since(time_of(argument)?))),
        "Before" => Ok(Value::Bool(time.at < time_of(argument)?.at)),
        "After" => Ok(Value::Bool(time.at > time_of(argument)?.at)),
        "Equal" => Ok(Value::Bool(time.at == time_of(argument)?.at)),
        "Compare" => int(time.at.cmp(&time_of(argument)?.at) as i64),
        "Truncate" => {
            let unit = i128::from(span_of(argument)?);
            let over = if unit > 0 { nanoseconds.rem_euclid(unit) } else { 0 };
            Ok(Value::Time(time.plus(-(over as i64))?))
        }
        _ => Ok(Value::text(time.to_string())),
    }
}

fn of_duration(span: i64, name: &str, argument: &Value) -> Given {
    let float = |unit: f64| Ok(Value::Float(span as f64 / unit));
    match name {
        "Hours" => float(3.6e12),
        "Minutes" => float(6e10),
        "Seconds" => float(1e9),
        "Milliseconds" => Ok(Value::Int64(span / 1_000_000)),
        "Microseconds" => Ok(Value::Int64(span / 1_000)),
        "Nanoseconds" => Ok(Value::Int64(span)),
        "Abs" => Ok(Value::Duration(span.saturating_abs())),
        "Truncate" | "Round" => {
            let unit = span_of(argument)?;
            if unit <= 0 {
                return Ok(Value::Duration(span));
            }
            let over = span % unit;
            let up = name == "Round" && over.unsigned_abs() * 2 >= unit.unsigned_abs();
            let extra = if up { unit * span.signum() } else { 0 };
            Ok(Value::Duration(span.wrapping_sub(over).wrapping_add(extra)))
        }
        _ => Ok(Value::text(duration::print(span))),
    }
}
