//! `==`.

use std::cmp::Ordering;

use crate::budget::Budget;
use crate::value::Value;

/// Whether `==` holds: numbers by value, lists item by item, maps by Go's `reflect.DeepEqual`.
pub(crate) fn equal(l: &Value, r: &Value, budget: &mut Budget) -> Result<bool, String> {
    budget.work(1)?;
    match (l, r) {
        (Value::List(a), Value::List(b)) => {
            if a.items().len() != b.items().len() {
                return Ok(false);
            }
            for (x, y) in a.items().iter().zip(b.items()) {
                if !equal(x, y, budget)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Map(_), Value::Map(_)) | (Value::Record(_), Value::Record(_)) => {
            budget.walk(l)?;
            Ok(l == r)
        }
        (Value::Text(a), Value::Text(b)) => {
            budget.work(a.len() as u64 / 64)?;
            Ok(a == b)
        }
        (Value::Time(a), Value::Time(b)) => Ok(a.at == b.at),
        _ => match (l.as_int(), r.as_int()) {
            (Some(a), Some(b)) => Ok(a == b),
            _ => match (l.as_float(), r.as_float()) {
                (Some(a), Some(b)) => Ok(a.partial_cmp(&b) == Some(Ordering::Equal)),
                _ => Ok(l == r),
            },
        },
    }
}
