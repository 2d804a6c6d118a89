//! Rounding, and what is greatest, least or in the middle of many numbers.

use super::{Builtin, Call, Check, Given, named, one};
use crate::operate;
use crate::types::Type;
use crate::value::Value;

pub(super) const TABLE: &[Builtin] = &[
    Builtin { name: "abs", check: Check::Rule(absolute), run: abs },
    Builtin {
        name: "ceil",
        check: Check::Rule(|types| rounds("ceil", types)),
        run: |call| round(call, "ceil", f64::ceil),
    },
    Builtin {
        name: "floor",
        check: Check::Rule(|types| rounds("floor", types)),
        run: |call| round(call, "floor", f64::floor),
    },
    Builtin {
        name: "round",
        check: Check::Rule(|types| rounds("round", types)),
        run: |call| round(call, "round", f64::round),
    },
    Builtin {
        name: "max",
        check: Check::Rule(|types| aggregates("max", types)),
        run: |call| extreme(call, "max"),
    },
    Builtin {
        name: "min",
        check: Check::Rule(|types| aggregates("min", types)),
        run: |call| extreme(call, "min"),
    },
    Builtin { name: "mean", check: Check::Rule(|types| aggregates("mean", types)), run: mean },
    Builtin { name: "median", check: Check::Rule(|types| aggregates("median", types)), run: median },
];

fn absolute(types: &[Type]) -> Result<Type, String> {
    let given = one(types)?;
    if given.unknown() {
        return Ok(Type::Any);
    }
    if given.number() {
        return Ok(given.clone());
    }
    Err(format!("invalid argument for abs (type {})", named(given)))
}

fn rounds(name: &str, types: &[Type]) -> Result<Type, String> {
    let given = one(types)?;
    if given.unknown() || given.number() || *given == Type::Duration {
        return Ok(Type::Float);
    }
    Err(format!("invalid argument for {name} (type {})", named(given)))
}

fn aggregates(name: &str, types: &[Type]) -> Result<Type, String> {
    let Some(first) = types.first() else {
        return Err(format!("not enough arguments to call {name}"));
    };
    for given in types {
        if given.unknown() || given.is_list() {
            return Ok(Type::Any);
        }
        if !given.number() {
            return Err(format!("invalid argument for {name} (type {})", named(given)));
        }
    }
    Ok(first.clone())
}

fn abs(call: &mut Call<'_>) -> Given {
    match call.argument(0) {
        Value::Float(f) => Ok(Value::Float(f.abs())),
        Value::Int(i) => Ok(Value::Int(i.wrapping_abs())),
        Value::Int64(i) => Ok(Value::Int64(i.wrapping_abs())),
        unsigned @ (Value::Uint64(_) | Value::Uint8(_)) => Ok(unsigned.clone()),
        other => Err(format!("invalid argument for abs (type {})", other.go_type())),
    }
}

fn round(call: &Call<'_>, name: &str, of: fn(f64) -> f64) -> Given {
    match call.argument(0).as_float() {
        Some(float) => Ok(Value::Float(of(float))),
        None => Err(format!("invalid argument for {name} (type {})", call.argument(0).go_type())),
    }
}

/// Every number in the arguments and in the lists among them, in order.
fn numbers(call: &mut Call<'_>, name: &str) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = call.arguments.iter().rev().collect();
    while let Some(value) = open.pop() {
        call.budget.work(1)?;
        match value {
            Value::List(list) => {
                call.budget.work(list.items().len() as u64)?;
                open.extend(list.items().iter().rev());
            }
            number if number.as_float().is_some() => found.push(number.clone()),
            other => return Err(format!("invalid argument for {name} (type {})", other.go_type())),
        }
    }
    Ok(found)
}

fn extreme(call: &mut Call<'_>, name: &str) -> Given {
    // The reference hands a lone argument that is neither number nor list back as it is.
    if let [only] = call.arguments
        && !matches!(only, Value::List(_))
        && only.as_float().is_none()
    {
        return Ok(only.clone());
    }
    let mut best: Option<Value> = None;
    for number in numbers(call, name)? {
        let better = match &best {
            None => true,
            Some(best) if name == "max" => operate::less(best, &number, call.budget)?,
            Some(best) => operate::less(&number, best, call.budget)?,
        };
        if better {
            best = Some(number);
        }
    }
    Ok(best.unwrap_or(Value::Nil))
}

fn floats(call: &mut Call<'_>, name: &str) -> Result<Vec<f64>, String> {
    Ok(numbers(call, name)?.iter().filter_map(Value::as_float).collect())
}

fn mean(call: &mut Call<'_>) -> Given {
    let floats = floats(call, "mean")?;
    if floats.is_empty() {
        return Ok(Value::Float(0.0));
    }
    Ok(Value::Float(floats.iter().sum::<f64>() / floats.len() as f64))
}

fn median(call: &mut Call<'_>) -> Given {
    let mut floats = floats(call, "median")?;
    // Go puts NaN first.
    floats.sort_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.total_cmp(b)));
    let middle = floats.len() / 2;
    let at = |i: usize| floats.get(i).copied().unwrap_or(0.0);
    let median = if floats.len() % 2 == 1 {
        at(middle)
    } else if floats.is_empty() {
        0.0
    } else {
        f64::midpoint(at(middle - 1), at(middle))
    };
    Ok(Value::Float(median))
}
