//! Kubernetes' own merge: lists of named things merge by name, and `$` keys say what a merge alone cannot.

use serde_json::{Map, Value};

use crate::Status;
use crate::lists::{ListRule, Shape};
use crate::meta::as_map;

const ORDER: &str = "$setElementOrder/";
const DROP: &str = "$deleteFromPrimitiveList/";

/// Changes `target`, an object of the built-in `kind`, as `patch` says.
pub(crate) fn apply(kind: &str, target: &mut Value, patch: &Value) -> Result<(), Status> {
    let Value::Object(patch) = patch else {
        return Err(Status::bad_request("cannot unmarshal patch: a strategic merge patch is an object"));
    };
    merge_map(&Shape::built_in(kind), target, patch)
}

fn merge_map(shape: &Shape<'_>, target: &mut Value, patch: &Map<String, Value>) -> Result<(), Status> {
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            *target = Value::Object(without_directives(patch));
            return Ok(());
        }
        Some("delete") => {
            *target = Value::Null;
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(bad(&format!("Unknown patch type found: {other}"))),
    }
    let target = as_map(target);
    for (key, value) in patch {
        if !key.starts_with('$') {
            merge_field(shape, target, key, value, patch)?;
        }
    }
    lists_without_items(shape, target, patch);
    if let Some(keep) = patch.get("$retainKeys").and_then(Value::as_array) {
        target.retain(|key, _| keep.iter().any(|kept| kept == key));
    }
    Ok(())
}

fn merge_field(
    shape: &Shape<'_>,
    target: &mut Map<String, Value>,
    key: &str,
    value: &Value,
    patch: &Map<String, Value>,
) -> Result<(), Status> {
    match value {
        Value::Null => drop(target.remove(key)),
        Value::Object(map) => {
            let slot = target.entry(key).or_insert(Value::Null);
            merge_map(&shape.field(key), slot, map)?;
            if slot.is_null() {
                target.remove(key);
            }
        }
        Value::Array(items) => {
            let slot = target.entry(key).or_insert_with(|| Value::Array(Vec::new()));
            let directives = Directives::of(patch, key);
            merge_list(&shape.field(key), slot, items, &directives)?;
        }
        other => drop(target.insert(key.to_owned(), other.clone())),
    }
    Ok(())
}

/// An order or a removal may come without any item to merge.
fn lists_without_items(shape: &Shape<'_>, target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for directive in patch.keys() {
        let Some(key) = directive.strip_prefix(ORDER).or_else(|| directive.strip_prefix(DROP)) else {
            continue;
        };
        if patch.contains_key(key) {
            continue;
        }
        if let Some(Value::Array(live)) = target.get_mut(key) {
            let rule = shape.field(key).list();
            let before = live.clone();
            let directives = Directives::of(patch, key);
            directives.drop_from(live);
            directives.put_in_order(&rule, live, &before, &[]);
        }
    }
}

/// What a patch says about one list beside its items.
struct Directives<'a> {
    order: &'a [Value],
    drop: &'a [Value],
}

impl<'a> Directives<'a> {
    fn of(patch: &'a Map<String, Value>, key: &str) -> Self {
        let list = |prefix: &str| {
            let found = patch.get(&format!("{prefix}{key}")).and_then(Value::as_array);
            found.map(Vec::as_slice).unwrap_or_default()
        };
        Self { order: list(ORDER), drop: list(DROP) }
    }

    fn drop_from(&self, live: &mut Vec<Value>) {
        live.retain(|item| !self.drop.contains(item));
    }

    /// Items that the patch orders, or just names, come in its order; the others keep their place among their old
    /// neighbours.
    fn put_in_order(&self, rule: &ListRule, list: &mut Vec<Value>, before: &[Value], patch: &[Value]) {
        let order = if self.order.is_empty() { patch } else { self.order };
        let place = |item: &Value| order.iter().position(|wanted| rule.same(wanted, item));
        let (mut ordered, others): (Vec<Value>, Vec<Value>) = std::mem::take(list)
            .into_iter()
            .partition(|item| place(item).is_some() || patch.iter().any(|new| rule.same(new, item)));
        ordered.sort_by_key(|item| place(item).unwrap_or(usize::MAX));
        let was_at = |item: &Value| before.iter().position(|old| rule.same(old, item));
        let (mut ordered, mut others) = (ordered.into_iter().peekable(), others.into_iter().peekable());
        while let (Some(left), Some(right)) = (others.peek(), ordered.peek()) {
            let first = matches!((was_at(left), was_at(right)), (Some(l), Some(r)) if l < r);
            list.extend(if first { others.next() } else { ordered.next() });
        }
        list.extend(ordered);
        list.extend(others);
    }
}

fn merge_list(
    shape: &Shape<'_>,
    slot: &mut Value,
    patch: &[Value],
    say: &Directives<'_>,
) -> Result<(), Status> {
    let rule = shape.list();
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    let Value::Array(live) = slot else { return Ok(()) };
    let before = live.clone();
    match &rule {
        ListRule::Atomic => patch.clone_into(live),
        ListRule::Set => {
            say.drop_from(live);
            for item in patch {
                if !live.contains(item) {
                    live.push(item.clone());
                }
            }
        }
        ListRule::Map(_) => {
            if patch.iter().any(|item| item["$patch"] == "replace") {
                live.clear();
            }
            for item in patch {
                merge_item(shape, &rule, live, item)?;
            }
        }
    }
    say.put_in_order(&rule, live, &before, patch);
    Ok(())
}

fn merge_item(shape: &Shape<'_>, rule: &ListRule, live: &mut Vec<Value>, item: &Value) -> Result<(), Status> {
    let Value::Object(map) = item else {
        return Err(bad("an item of a list that merges by key must be an object"));
    };
    let key = rule.merge_key();
    match map.get("$patch").and_then(Value::as_str) {
        // The item that only says "replace" carries nothing else.
        Some("replace") if !map.contains_key(key) => return Ok(()),
        Some("delete") => {
            live.retain(|old| !rule.same(old, item));
            return Ok(());
        }
        _ => {}
    }
    if !map.contains_key(key) {
        return Err(bad(&format!("map: {item} does not contain declared merge key: {key}")));
    }
    if let Some(old) = live.iter_mut().find(|old| rule.same(old, item)) {
        return merge_map(&shape.item(), old, map);
    }
    let mut new = Value::Object(Map::new());
    merge_map(&shape.item(), &mut new, map)?;
    live.push(new);
    Ok(())
}

fn without_directives(patch: &Map<String, Value>) -> Map<String, Value> {
    patch
        .iter()
        .filter(|(key, _)| !key.starts_with('$'))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn bad(why: &str) -> Status {
    Status::bad_request(why)
}
