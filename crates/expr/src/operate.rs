//! The operators on values, with the reference's rules for mixed types.

mod equal;

pub(crate) use equal::equal;

use std::cmp::Ordering;
use std::sync::Arc;

use crate::budget::Budget;
use crate::environment::conversion;
use crate::operator::Binary;
use crate::regex::Patterns;
use crate::value::{Key, List, ListKind, Value};

type Result<T = Value> = std::result::Result<T, String>;

fn mismatch<T>(l: &Value, spelling: &str, r: &Value) -> Result<T> {
    Err(format!("invalid operation: {} {spelling} {}", l.go_type(), r.go_type()))
}

/// `l op r` for every operator that looks at both sides.
pub(crate) fn binary(op: Binary, l: &Value, r: &Value, budget: &mut Budget) -> Result {
    match op {
        Binary::Equal | Binary::NotEqual => {
            let same = equal(l, r, budget)?;
            Ok(Value::Bool(same == (op == Binary::Equal)))
        }
        Binary::Less => ordered(l, "<", r, Ordering::is_lt, budget),
        Binary::LessEqual => ordered(l, "<=", r, Ordering::is_le, budget),
        Binary::Greater => ordered(l, ">", r, Ordering::is_gt, budget),
        Binary::GreaterEqual => ordered(l, ">=", r, Ordering::is_ge, budget),
        Binary::Add => add(l, r, budget),
        Binary::Subtract => subtract(l, r),
        Binary::Multiply => multiply(l, r),
        Binary::Divide => match (l.as_float(), r.as_float()) {
            (Some(a), Some(b)) => Ok(Value::Float(a / b)),
            _ => mismatch(l, "/", r),
        },
        Binary::Modulo => match (l.as_int(), r.as_int()) {
            (Some(_), Some(0)) => Err("runtime error: integer divide by zero".into()),
            (Some(a), Some(b)) => Ok(Value::Int(a.wrapping_rem(b))),
            _ => mismatch(l, "%", r),
        },
        Binary::Power => Ok(Value::Float(to_float(l)?.powf(to_float(r)?))),
        Binary::Range => range(to_int(l)?, to_int(r)?, budget),
        Binary::In => contains(l, r, budget).map(Value::Bool),
        Binary::Contains => texts(l, r, budget, |a, b| a.contains(b)),
        Binary::StartsWith => texts(l, r, budget, |a, b| a.starts_with(b)),
        Binary::EndsWith => texts(l, r, budget, |a, b| a.ends_with(b)),
        // These look at one side first, or keep their patterns; the evaluator does it.
        Binary::Or | Binary::And | Binary::Coalesce | Binary::Matches => Ok(Value::Nil),
    }
}

fn to_float(value: &Value) -> Result<f64> {
    value.as_float().ok_or_else(|| format!("invalid operation: float({})", value.go_type()))
}

/// Go's `int(x)` of a number; floats are truncated.
pub(crate) fn to_int(value: &Value) -> Result<i64> {
    match value {
        Value::Float(f) => Ok(crate::number::truncate(*f)),
        other => other.as_int().ok_or_else(|| format!("invalid operation: int({})", value.go_type())),
    }
}

/// How two values stand; `None`: one is NaN.
fn compare(l: &Value, spelling: &str, r: &Value, budget: &mut Budget) -> Result<Option<Ordering>> {
    match (l, r) {
        (Value::Text(a), Value::Text(b)) => {
            budget.work(a.len().min(b.len()) as u64 / 64)?;
            Ok(Some(a.cmp(b)))
        }
        (Value::Time(a), Value::Time(b)) => Ok(Some(a.at.cmp(&b.at))),
        (Value::Duration(a), Value::Duration(b)) => Ok(Some(a.cmp(b))),
        _ => match (l.as_int(), r.as_int(), l.as_float(), r.as_float()) {
            (Some(a), Some(b), _, _) => Ok(Some(a.cmp(&b))),
            (_, _, Some(a), Some(b)) => Ok(a.partial_cmp(&b)),
            _ => mismatch(l, spelling, r),
        },
    }
}

fn ordered(l: &Value, spelling: &str, r: &Value, holds: fn(Ordering) -> bool, budget: &mut Budget) -> Result {
    Ok(Value::Bool(compare(l, spelling, r, budget)?.is_some_and(holds)))
}

/// `l < r`, for sorting and the smallest of many.
pub(crate) fn less(l: &Value, r: &Value, budget: &mut Budget) -> Result<bool> {
    Ok(compare(l, "<", r, budget)?.is_some_and(Ordering::is_lt))
}

/// Integers wrap, as Go's do; one float makes the result a float.
fn arithmetic(l: &Value, r: &Value, ints: fn(i64, i64) -> i64, floats: fn(f64, f64) -> f64) -> Option<Value> {
    match (l.as_int(), r.as_int()) {
        (Some(a), Some(b)) => Some(Value::Int(ints(a, b))),
        _ => Some(Value::Float(floats(l.as_float()?, r.as_float()?))),
    }
}

/// `l + r`.
pub(crate) fn add(l: &Value, r: &Value, budget: &mut Budget) -> Result {
    match (l, r) {
        (Value::Text(a), Value::Text(b)) => {
            budget.make((a.len() + b.len()) as u64)?;
            Ok(Value::text(format!("{a}{b}")))
        }
        (Value::Time(time), Value::Duration(d)) | (Value::Duration(d), Value::Time(time)) => {
            Ok(Value::Time(time.plus(*d)?))
        }
        (Value::Duration(a), Value::Duration(b)) => Ok(Value::Duration(a.wrapping_add(*b))),
        _ => arithmetic(l, r, i64::wrapping_add, |a, b| a + b).map_or_else(|| mismatch(l, "+", r), Ok),
    }
}

fn subtract(l: &Value, r: &Value) -> Result {
    match (l, r) {
        (Value::Time(a), Value::Time(b)) => Ok(Value::Duration(a.since(b))),
        (Value::Time(time), Value::Duration(d)) => Ok(Value::Time(time.plus(d.wrapping_neg())?)),
        (Value::Duration(a), Value::Duration(b)) => Ok(Value::Duration(a.wrapping_sub(*b))),
        _ => arithmetic(l, r, i64::wrapping_sub, |a, b| a - b).map_or_else(|| mismatch(l, "-", r), Ok),
    }
}

fn multiply(l: &Value, r: &Value) -> Result {
    match (l, r) {
        (Value::Duration(a), Value::Duration(b)) => Ok(Value::Duration(a.wrapping_mul(*b))),
        // The reference gives nanoseconds as a plain number here.
        (Value::Duration(d), Value::Float(f)) | (Value::Float(f), Value::Duration(d)) => {
            Ok(Value::Float(*d as f64 * f))
        }
        (Value::Duration(d), n) | (n, Value::Duration(d)) => match n.as_int() {
            Some(n) => Ok(Value::Duration(d.wrapping_mul(n))),
            None => mismatch(l, "*", r),
        },
        _ => arithmetic(l, r, i64::wrapping_mul, |a, b| a * b).map_or_else(|| mismatch(l, "*", r), Ok),
    }
}

fn range(from: i64, to: i64, budget: &mut Budget) -> Result {
    let size = (i128::from(to) - i128::from(from) + 1).max(0);
    budget.make(u64::try_from(size).unwrap_or(u64::MAX))?;
    let items = if size == 0 { Vec::new() } else { (from..=to).map(Value::Int).collect() };
    Ok(Value::List(Arc::new(List::new(ListKind::Ints, items))))
}

fn contains(needle: &Value, within: &Value, budget: &mut Budget) -> Result<bool> {
    match within {
        Value::Nil => Ok(false),
        Value::List(list) => {
            for item in list.items() {
                if equal(item, needle, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(map) => {
            budget.work(look_up(needle))?;
            let key = key_of(map.kind(), needle)?;
            Ok(map.entries().contains_key(&key))
        }
        Value::Record(record) => match needle {
            Value::Text(name) => Ok(record.get(name).is_some()),
            other => Err(format!("cannot use {} as field name of {}", other.go_type(), within.go_type())),
        },
        other => Err(format!("operator \"in\" not defined on {}", other.go_type())),
    }
}

/// What it costs to find this key in a map: it is compared with some twenty keys.
pub(crate) fn look_up(key: &Value) -> u64 {
    match key {
        Value::Text(text) => text.len() as u64 / 4,
        _ => 0,
    }
}

/// A value as the key of such a map, or Go's panic.
pub(crate) fn key_of(kind: crate::value::MapKind, value: &Value) -> Result<Key> {
    match (kind, value) {
        (crate::value::MapKind::Texts, Value::Nil) => Ok(Key::Text(Arc::from(""))),
        (crate::value::MapKind::Texts, Value::Text(text)) => Ok(Key::Text(Arc::clone(text))),
        (crate::value::MapKind::Texts, other) => Err(format!(
            "reflect.Value.MapIndex: value of type {} is not assignable to type string",
            other.go_type()
        )),
        (_, value) => Key::new(value)
            .ok_or_else(|| format!("runtime error: hash of unhashable type {}", value.go_type())),
    }
}

fn text(value: &Value) -> Result<&str> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(conversion(other, "string")),
    }
}

/// Nil on either side is no match and no error.
fn texts(l: &Value, r: &Value, budget: &mut Budget, holds: fn(&str, &str) -> bool) -> Result {
    if matches!(l, Value::Nil) || matches!(r, Value::Nil) {
        return Ok(Value::Bool(false));
    }
    let (l, r) = (text(l)?, text(r)?);
    budget.work((l.len() as u64 + r.len() as u64) / 16)?;
    Ok(Value::Bool(holds(l, r)))
}

/// `l matches r`.
pub(crate) fn matches(l: &Value, r: &Value, patterns: &mut Patterns, budget: &mut Budget) -> Result {
    if matches!(l, Value::Nil) || matches!(r, Value::Nil) {
        return Ok(Value::Bool(false));
    }
    Ok(Value::Bool(patterns.search(text(r)?, text(l)?, budget)?))
}
