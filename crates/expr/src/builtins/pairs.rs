//! Maps into keys, values and pairs, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Builtin, Call, Check, Given, kind, named, one};
use crate::types::Type;
use crate::value::{List, ListKind, Map, MapKind, Value};
use crate::{go_text, operate};

pub(super) const TABLE: &[Builtin] = &[
    Builtin { name: "keys", check: Check::Rule(|types| of_map("get keys from", "", types)), run: keys },
    Builtin { name: "values", check: Check::Rule(|types| of_map("get values from", "", types)), run: values },
    Builtin {
        name: "toPairs",
        check: Check::Rule(|types| of_map("transform", " to pairs", types)),
        run: to_pairs,
    },
    Builtin { name: "fromPairs", check: Check::Rule(of_pairs), run: from_pairs },
];

fn of_map(verb: &str, end: &str, types: &[Type]) -> Result<Type, String> {
    let given = one(types)?;
    if given.unknown() || matches!(given, Type::Map(_)) {
        return Ok(Type::list(ListKind::Any));
    }
    Err(format!("cannot {verb} {}{end}", named(given)))
}

fn of_pairs(types: &[Type]) -> Result<Type, String> {
    let given = one(types)?;
    if given.unknown() || given.is_list() {
        return Ok(Type::Map(MapKind::Any));
    }
    Err(format!("cannot transform {} from pairs", named(given)))
}

fn map(call: &mut Call<'_>, verb: &str, end: &str) -> Result<Arc<Map>, String> {
    match call.argument(0) {
        Value::Map(map) => {
            let map = Arc::clone(map);
            call.budget.make(map.entries().len() as u64)?;
            Ok(map)
        }
        other => Err(format!("cannot {verb} {}{end}", kind(other))),
    }
}

fn keys(call: &mut Call<'_>) -> Given {
    let map = map(call, "get keys from", "")?;
    Ok(Value::list(map.entries().keys().map(crate::value::Key::to_value).collect()))
}

fn values(call: &mut Call<'_>) -> Given {
    let map = map(call, "get values from", "")?;
    Ok(Value::list(map.entries().values().cloned().collect()))
}

fn to_pairs(call: &mut Call<'_>) -> Given {
    let map = map(call, "transform", " to pairs")?;
    crate::budget::nest(map.entries().values())?;
    // Each pair is a list of two.
    call.budget.make(2 * map.entries().len() as u64)?;
    let pair = |(key, value): (&crate::value::Key, &Value)| {
        Value::List(Arc::new(List::new(ListKind::Pair, vec![key.to_value(), value.clone()])))
    };
    Ok(Value::List(Arc::new(List::new(ListKind::Pairs, map.entries().iter().map(pair).collect()))))
}

fn from_pairs(call: &mut Call<'_>) -> Given {
    let Value::List(list) = call.argument(0).clone() else {
        let given = match call.argument(0) {
            Value::Nil => "<invalid reflect.Value>".to_owned(),
            other => kind(other).to_owned(),
        };
        return Err(format!("cannot transform {given} from pairs"));
    };
    call.budget.make(list.items().len() as u64)?;
    let mut entries = BTreeMap::new();
    for item in list.items() {
        let Value::List(pair) = item else { return Err(format!("invalid pair {}", go_text::shown(item))) };
        let [key, value] = pair.items() else {
            return Err(format!("invalid pair length {}", pair.items().len()));
        };
        call.budget.work(operate::look_up(key))?;
        entries.insert(operate::key_of(MapKind::Any, key)?, value.clone());
    }
    Ok(Value::Map(Arc::new(Map::new(MapKind::Any, entries))))
}
