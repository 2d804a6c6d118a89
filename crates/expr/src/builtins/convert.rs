//! From one type to another.

use super::{Builtin, Call, Check, Given, Sort, named, one};
use crate::budget::{NO_MEMORY, Writer};
use crate::go_text;
use crate::number;
use crate::types::Type;
use crate::value::{Named, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin { name: "int", check: Check::Rule(|types| to_number("int", types, Type::Int)), run: int },
    Builtin { name: "float", check: Check::Rule(|types| to_number("float", types, Type::Float)), run: float },
    Builtin { name: "string", check: Check::Signatures(&[(&[Sort::Any], Sort::Text)]), run: string },
    Builtin {
        name: "type",
        check: Check::Signatures(&[(&[Sort::Any], Sort::Text)]),
        run: |call| Ok(type_of(call)),
    },
];

fn to_number(name: &str, types: &[Type], target: Type) -> Result<Type, String> {
    let given = one(types)?;
    if given.unknown() || given.number() || given.text() || (name == "int" && *given == Type::Duration) {
        return Ok(target);
    }
    Err(format!("invalid argument for {name} (type {})", named(given)))
}

/// Charges a text that is about to be read as a number, some of its bytes more than once.
fn digits(call: &mut Call<'_>) -> Result<(), String> {
    match call.argument(0) {
        Value::Text(text) => {
            let length = text.len() as u64;
            call.budget.work(length / 2)
        }
        _ => Ok(()),
    }
}

fn int(call: &mut Call<'_>) -> Given {
    digits(call)?;
    match call.argument(0) {
        Value::Text(text) => match number::parse_int(text) {
            Ok(int) => Ok(Value::Int(int)),
            Err(_) => Err(format!("invalid operation: int({text})")),
        },
        Value::Duration(nanoseconds) => Ok(Value::Int(*nanoseconds)),
        Value::Named(Named::Weekday(n) | Named::Month(n)) => Ok(Value::Int(i64::from(*n))),
        other => crate::operate::to_int(other).map(Value::Int),
    }
}

fn float(call: &mut Call<'_>) -> Given {
    digits(call)?;
    match call.argument(0) {
        Value::Text(text) => match number::parse_float(text) {
            Ok(float) => Ok(Value::Float(float)),
            Err(_) => Err(format!("invalid operation: float({text})")),
        },
        other => match other.as_float() {
            Some(float) => Ok(Value::Float(float)),
            None => Err(format!("invalid operation: float({})", other.go_type())),
        },
    }
}

fn string(call: &mut Call<'_>) -> Given {
    let value = call.argument(0).clone();
    call.budget.walk(&value)?;
    let mut out = Writer::new(call.budget);
    go_text::write(&value, &mut out).map_err(|_| NO_MEMORY)?;
    Ok(Value::text(out.text))
}

fn type_of(call: &Call<'_>) -> Value {
    Value::from(match call.argument(0) {
        Value::Nil => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Int64(_) => "int",
        Value::Uint64(_) | Value::Uint8(_) => "uint",
        Value::Float(_) => "float",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "map",
        Value::Zone(_) => "unknown",
        other @ (Value::Record(_) | Value::Time(_) | Value::Duration(_) | Value::Named(_)) => other.go_type(),
    })
}
