//! Functions on lists and maps as wholes.

use std::sync::Arc;

use super::{Builtin, Call, Check, Given, Sort, kind, named, one};
use crate::eval::fetch;
use crate::operate;
use crate::sort;
use crate::types::Type;
use crate::value::{List, ListKind, Value};

use Sort::{Anys, Floats, Ints, Text, Texts};

pub(super) const TABLE: &[Builtin] = &[
    Builtin { name: "len", check: Check::Rule(has_length), run: len },
    Builtin {
        name: "first",
        check: Check::Rule(|types| item_of("first", types)),
        run: |call| Ok(end(call, 0)),
    },
    Builtin {
        name: "last",
        check: Check::Rule(|types| item_of("last", types)),
        run: |call| Ok(end(call, -1)),
    },
    Builtin { name: "get", check: Check::Get, run: get },
    Builtin { name: "take", check: Check::Rule(takes), run: take },
    Builtin { name: "reverse", check: Check::Rule(|types| lists("reverse", types)), run: reverse },
    Builtin { name: "uniq", check: Check::Rule(|types| lists("uniq", types)), run: uniq },
    Builtin { name: "concat", check: Check::Rule(concatenates), run: concat },
    Builtin { name: "flatten", check: Check::Rule(|types| lists("flatten", types)), run: flatten },
    Builtin {
        name: "sort",
        check: Check::Signatures(&[
            (&[Anys, Text], Anys),
            (&[Ints, Text], Anys),
            (&[Floats, Text], Anys),
            (&[Texts, Text], Anys),
            (&[Anys], Anys),
            (&[Floats], Anys),
            (&[Texts], Anys),
            (&[Ints], Anys),
        ]),
        run: sorted,
    },
];

fn has_length(types: &[Type]) -> Result<Type, String> {
    let given = one(types)?;
    if given.unknown() || given.is_list() || given.text() || matches!(given, Type::Map(_)) {
        return Ok(Type::Int);
    }
    Err(format!("invalid argument for len (type {})", named(given)))
}

fn item_of(name: &str, types: &[Type]) -> Result<Type, String> {
    match one(types)? {
        given if given.unknown() => Ok(Type::Any),
        Type::List(kind, _) => Ok(Type::list(*kind).items()),
        given => Err(format!("cannot get {name} element from {}", named(given))),
    }
}

fn takes(types: &[Type]) -> Result<Type, String> {
    let [list, count] = types else {
        return Err(format!("invalid number of arguments (expected 2, got {})", types.len()));
    };
    if !list.unknown() && !list.is_list() {
        return Err(format!("cannot take from {}", named(list)));
    }
    if !count.unknown() && !matches!(count, Type::Int | Type::Int64 | Type::Duration) {
        return Err(format!("cannot take {} elements", named(count)));
    }
    match list {
        Type::List(kind, _) => Ok(Type::list(*kind)),
        _ => Ok(Type::Any),
    }
}

fn lists(name: &str, types: &[Type]) -> Result<Type, String> {
    let given = one(types)?;
    if given.unknown() || given.is_list() {
        return Ok(Type::list(ListKind::Any));
    }
    Err(format!("cannot {name} {}", named(given)))
}

fn concatenates(types: &[Type]) -> Result<Type, String> {
    if types.is_empty() {
        return Err("invalid number of arguments (expected at least 1, got 0)".into());
    }
    match types.iter().find(|given| !given.unknown() && !given.is_list()) {
        Some(given) => Err(format!("cannot concat {}", named(given))),
        None => Ok(Type::list(ListKind::Any)),
    }
}

fn len(call: &mut Call<'_>) -> Given {
    let length = match call.argument(0) {
        Value::Text(text) => text.chars().count(),
        Value::List(list) => list.items().len(),
        Value::Map(map) => map.entries().len(),
        other => return Err(format!("invalid argument for len (type {})", other.go_type())),
    };
    call.budget.work(length as u64 / 16)?;
    Ok(Value::Int(length as i64))
}

/// Nil where there is no such item.
fn end(call: &Call<'_>, place: i64) -> Value {
    fetch(call.argument(0), &Value::Int(place)).unwrap_or(Value::Nil)
}

fn get(call: &mut Call<'_>) -> Given {
    let (from, key) = (call.argument(0), call.argument(1));
    match from {
        Value::List(_) | Value::Text(_) => {
            operate::to_int(key)?;
            Ok(fetch(from, key).unwrap_or(Value::Nil))
        }
        Value::Map(_) => fetch(from, key),
        _ => Ok(fetch(from, key).unwrap_or(Value::Nil)),
    }
}

fn list(call: &Call<'_>, verb: &str) -> Result<Arc<List>, String> {
    match call.argument(0) {
        Value::List(list) => Ok(Arc::clone(list)),
        other => Err(format!("cannot {verb} {}", kind(other))),
    }
}

fn take(call: &mut Call<'_>) -> Given {
    let list = list(call, "take from")?;
    let wanted = match call.argument(1) {
        Value::Int(n) | Value::Int64(n) | Value::Duration(n) => *n,
        other => return Err(format!("cannot take {} elements", kind(other))),
    };
    let Ok(wanted) = usize::try_from(wanted) else {
        return Err("reflect.Value.Slice: slice index out of bounds".into());
    };
    call.budget.make(list.items().len().min(wanted) as u64)?;
    let items: Vec<Value> = list.items().iter().take(wanted).cloned().collect();
    Ok(Value::List(Arc::new(List::new(list.kind(), items))))
}

fn reverse(call: &mut Call<'_>) -> Given {
    let list = list(call, "reverse")?;
    call.budget.make(list.items().len() as u64)?;
    Ok(Value::list(list.items().iter().rev().cloned().collect()))
}

fn uniq(call: &mut Call<'_>) -> Given {
    let list = list(call, "uniq")?;
    let mut kept: Vec<Value> = Vec::new();
    for item in list.items() {
        let mut known = false;
        for other in &kept {
            known |= operate::equal(item, other, call.budget)?;
        }
        if !known {
            call.budget.make(1)?;
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

fn concat(call: &mut Call<'_>) -> Given {
    let mut joined = Vec::new();
    for argument in call.arguments {
        let Value::List(list) = argument else { return Err(format!("cannot concat {}", kind(argument))) };
        call.budget.make(list.items().len() as u64)?;
        joined.extend(list.items().iter().cloned());
    }
    Ok(Value::list(joined))
}

fn flatten(call: &mut Call<'_>) -> Given {
    let list = list(call, "flatten")?;
    let mut flat = Vec::new();
    let mut open: Vec<&Value> = list.items().iter().rev().collect();
    while let Some(value) = open.pop() {
        call.budget.work(1)?;
        match value {
            Value::List(inner) => {
                call.budget.work(inner.items().len() as u64)?;
                open.extend(inner.items().iter().rev());
            }
            other => {
                call.budget.make(1)?;
                flat.push(other.clone());
            }
        }
    }
    Ok(Value::list(flat))
}

fn sorted(call: &mut Call<'_>) -> Given {
    let descending = match call.arguments.get(1) {
        None => false,
        Some(Value::Text(order)) if &**order == "asc" => false,
        Some(Value::Text(order)) if &**order == "desc" => true,
        Some(Value::Text(order)) => return Err(format!("invalid order {order}, expected asc or desc")),
        Some(other) => return Err(format!("sort order argument must be a string (got {})", other.go_type())),
    };
    let items = match call.arguments.first() {
        Some(Value::List(list)) => list.items(),
        _ => &[],
    };
    call.budget.make(items.len() as u64)?;
    let keyed = items.iter().map(|item| (item.clone(), item.clone())).collect();
    sort::by_key(keyed, descending, call.budget).map(Value::list)
}
