//! Sorting that may fail: values of different types have no order.

use std::cmp::Ordering;

use crate::budget::Budget;
use crate::operate;
use crate::value::Value;

/// The items in the order of their keys; equal keys keep their order. NaN comes after all other numbers.
pub(crate) fn by_key(
    mut items: Vec<(Value, Value)>,
    descending: bool,
    budget: &mut Budget,
) -> Result<Vec<Value>, String> {
    let length = items.len() as u64;
    let rounds = u64::from(length.max(1).ilog2() + 1);
    budget.work(length * rounds)?;
    for (key, _) in &items {
        if let Value::Text(text) = key {
            budget.work(text.len() as u64 / 64 * rounds)?;
        }
    }
    for ((before, _), (after, _)) in items.iter().zip(items.iter().skip(1)) {
        operate::less(after, before, budget)?;
    }
    let order = if items.iter().all(|(key, _)| key.as_int().is_some()) { by_int } else { by_value };
    items.sort_by(|(a, _), (b, _)| if descending { order(b, a) } else { order(a, b) });
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

fn by_int(a: &Value, b: &Value) -> Ordering {
    a.as_int().cmp(&b.as_int())
}

fn by_value(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.at.cmp(&b.at),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        _ => a.as_float().unwrap_or(f64::NAN).total_cmp(&b.as_float().unwrap_or(f64::NAN)),
    }
}
