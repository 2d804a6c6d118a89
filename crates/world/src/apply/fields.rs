//! Sets of fields, as `managedFields` writes them (`fieldsV1`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::lists::{ListRule, Shape};

/// A set of paths. Steps are written as in `fieldsV1`: `f:name`, `k:{"name":"app"}`, `v:"value"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Whether this very path is in the set.
    own: bool,
    children: BTreeMap<String, Fields>,
}

impl Fields {
    /// Every field of `value`.
    pub(crate) fn of(value: &Value, shape: &Shape<'_>) -> Self {
        let children = match value {
            Value::Object(map) if !shape.is_atomic_map() => map
                .iter()
                .map(|(name, value)| (field_step(name), Self::of(value, &shape.field(name))))
                .collect(),
            Value::Array(items) => Self::of_items(items, shape),
            _ => BTreeMap::new(),
        };
        Self { own: children.is_empty(), children }
    }

    fn of_items(items: &[Value], shape: &Shape<'_>) -> BTreeMap<String, Self> {
        let rule = shape.list();
        let step = |item| Some((item_step(&rule, item)?, item));
        let item =
            |(step, item): (String, &Value)| (step, Self { own: true, ..Self::of(item, &shape.item()) });
        items.iter().filter_map(step).map(item).collect()
    }

    /// What is new or other in `new`, and what of `old` is gone.
    pub(crate) fn changes(old: &Value, new: &Value, shape: &Shape<'_>) -> (Self, Self) {
        let (mut changed, mut removed) = (Self::default(), Self::default());
        if old == new {
            return (changed, removed);
        }
        let pairs: Option<Vec<_>> = match (old, new) {
            (Value::Object(old), Value::Object(new)) if !shape.is_atomic_map() => {
                Some(field_pairs(old, new, shape))
            }
            (Value::Array(old), Value::Array(new)) if shape.list() != ListRule::Atomic => {
                Some(item_pairs(old, new, shape))
            }
            _ => None,
        };
        let Some(pairs) = pairs else {
            changed.own = true;
            return (changed, removed);
        };
        let is_item = old.is_array();
        for (step, old, new, shape) in pairs {
            let (was, is) = match (old, new) {
                (Some(old), Some(new)) => Self::changes(old, new, &shape),
                (None, Some(new)) => (Self::whole(new, &shape, is_item), Self::default()),
                (Some(old), None) => (Self::default(), Self::whole(old, &shape, is_item)),
                (None, None) => continue,
            };
            changed.put(&step, was);
            removed.put(&step, is);
        }
        (changed, removed)
    }

    fn whole(value: &Value, shape: &Shape<'_>, is_item: bool) -> Self {
        let fields = Self::of(value, shape);
        Self { own: fields.own || is_item, ..fields }
    }

    fn put(&mut self, step: &str, fields: Self) {
        if !fields.is_empty() {
            self.children.insert(step.to_owned(), fields);
        }
    }

    /// Whether no path is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        !self.own && self.children.is_empty()
    }

    /// Whether this very path is in the set.
    pub(crate) fn owns_this(&self) -> bool {
        self.own
    }

    /// The part of the set below a step.
    pub(crate) fn below(&self, step: &str) -> Option<&Self> {
        self.children.get(step)
    }

    /// The steps from here.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.children.iter().map(|(step, fields)| (step.as_str(), fields))
    }

    /// What is in either set.
    pub(crate) fn union(mut self, other: &Self) -> Self {
        self.own |= other.own;
        for (step, fields) in &other.children {
            let mine = self.children.remove(step).unwrap_or_default();
            self.children.insert(step.clone(), mine.union(fields));
        }
        self
    }

    /// What is in this set and not in the other.
    pub(crate) fn difference(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && !theirs, true)
    }

    /// What is in both sets.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |mine, theirs| mine && theirs, false)
    }

    fn combine(&self, other: &Self, own: fn(bool, bool) -> bool, keep_alone: bool) -> Self {
        let mut result = Self { own: own(self.own, other.own), children: BTreeMap::new() };
        for (step, fields) in &self.children {
            match other.children.get(step) {
                Some(theirs) => result.put(step, fields.combine(theirs, own, keep_alone)),
                None if keep_alone => result.put(step, fields.clone()),
                None => {}
            }
        }
        result
    }

    /// The set as `fieldsV1`.
    pub(crate) fn to_value(&self) -> Value {
        let mut map = Map::new();
        if self.own && !self.children.is_empty() {
            map.insert(".".to_owned(), Value::Object(Map::new()));
        }
        map.extend(self.children.iter().map(|(step, fields)| (step.clone(), fields.to_value())));
        Value::Object(map)
    }

    /// Reads `fieldsV1`.
    pub(crate) fn from_value(value: &Value) -> Self {
        let Some(map) = value.as_object() else { return Self::default() };
        let children = map.iter().filter(|(step, _)| *step != ".");
        Self {
            own: map.is_empty() || map.contains_key("."),
            children: children.map(|(step, fields)| (step.clone(), Self::from_value(fields))).collect(),
        }
    }

    /// The paths for people: `.spec.containers[name="app"].image`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect(String::new(), &mut paths);
        paths
    }

    fn collect(&self, here: String, paths: &mut Vec<String>) {
        for (step, fields) in &self.children {
            fields.collect(format!("{here}{}", shown(step)), paths);
        }
        if self.own {
            paths.push(here);
        }
    }
}

/// The step into a map.
pub(crate) fn field_step(name: &str) -> String {
    format!("f:{name}")
}

/// The step to an item; `None` in a list that is atomic.
pub(crate) fn item_step(rule: &ListRule, item: &Value) -> Option<String> {
    match rule {
        ListRule::Atomic => None,
        ListRule::Set => Some(format!("v:{item}")),
        ListRule::Map(keys) => {
            let value = |key: &str| item.get(key).cloned().or_else(|| key_default(key));
            let key = |key: &String| Some((key.clone(), value(key)?));
            let keys: Map<String, Value> = keys.iter().filter_map(key).collect();
            Some(format!("k:{}", Value::Object(keys)))
        }
    }
}

/// What the server puts where an item leaves out a field that it is told apart by.
fn key_default(key: &str) -> Option<Value> {
    (key == "protocol").then(|| "TCP".into())
}

type Pair<'a, 's> = (String, Option<&'a Value>, Option<&'a Value>, Shape<'s>);

fn field_pairs<'a>(
    old: &'a Map<String, Value>,
    new: &'a Map<String, Value>,
    shape: &Shape<'a>,
) -> Vec<Pair<'a, 'a>> {
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let names = new.keys().chain(gone);
    names.map(|name| (field_step(name), old.get(name), new.get(name), shape.field(name))).collect()
}

fn item_pairs<'a>(old: &'a [Value], new: &'a [Value], shape: &Shape<'a>) -> Vec<Pair<'a, 'a>> {
    let rule = shape.list();
    let by_step = |items: &'a [Value]| -> BTreeMap<String, &'a Value> {
        items.iter().filter_map(|item| Some((item_step(&rule, item)?, item))).collect()
    };
    let (old, new) = (by_step(old), by_step(new));
    let gone = old.keys().filter(|step| !new.contains_key(*step));
    let steps = new.keys().chain(gone);
    steps.map(|step| (step.clone(), old.get(step).copied(), new.get(step).copied(), shape.item())).collect()
}

fn shown(step: &str) -> String {
    if let Some(name) = step.strip_prefix("f:") {
        return format!(".{name}");
    }
    if let Some(value) = step.strip_prefix("v:") {
        return format!("[={value}]");
    }
    let keys = step.strip_prefix("k:").and_then(|keys| serde_json::from_str::<Map<String, Value>>(keys).ok());
    let keys: Vec<String> = keys.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    format!("[{}]", keys.join(","))
}
