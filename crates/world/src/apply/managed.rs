//! `metadata.managedFields`: who owns which field.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fields::Fields;
use crate::kinds::Kind;
use crate::lists::Shape;
use crate::{Body, PatchType, Request, meta};

/// One manager's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    pub(crate) api_version: String,
    pub(crate) time: String,
    pub(crate) subresource: String,
    pub(crate) fields: Fields,
}

/// How a manager came by its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// Metadata that nobody owns.
const NOBODYS: [&str; 11] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
    "generateName",
];

/// As the server names a manager in a conflict.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.manager)?;
        if !self.subresource.is_empty() {
            write!(f, " with subresource {:?}", self.subresource)?;
        }
        if self.operation == Operation::Update {
            write!(f, " using {}", self.api_version)?;
        }
        Ok(())
    }
}

/// How objects of a kind merge.
pub(crate) fn shape(kind: &Kind) -> Shape<'_> {
    kind.schema().map_or(Shape::built_in(&kind.kind), Shape::CustomTop)
}

/// What of an object can be owned through this request.
pub(crate) fn without_server_set(request: &Request, kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    let for_status = request.resource.subresource == "status";
    if let Value::Object(map) = &mut object {
        map.retain(|field, _| match field.as_str() {
            "apiVersion" | "kind" => false,
            "status" => for_status || !kind.status,
            _ => !for_status,
        });
    }
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.retain(|field, _| !NOBODYS.contains(&field.as_str()));
        if metadata.is_empty() {
            meta::set(&mut object, &["metadata"], Value::Null);
        }
    }
    object
}

/// The entries of a stored object.
pub(crate) fn read(object: &Value) -> Vec<Entry> {
    let entry = |entry: &Value| Entry {
        manager: meta::text(entry, &["manager"]).to_owned(),
        operation: if entry["operation"] == "Apply" { Operation::Apply } else { Operation::Update },
        api_version: meta::text(entry, &["apiVersion"]).to_owned(),
        time: meta::text(entry, &["time"]).to_owned(),
        subresource: meta::text(entry, &["subresource"]).to_owned(),
        fields: Fields::from_value(&entry["fieldsV1"]),
    };
    meta::items(object, &["metadata", "managedFields"]).iter().map(entry).collect()
}

/// Stores the entries in `object`; those without a field are dropped.
pub(crate) fn write(object: &mut Value, entries: Vec<Entry>) {
    let entries = entries.into_iter().filter(|entry| !entry.fields.is_empty()).map(|entry| {
        let mut value = json!({
            "manager": entry.manager, "operation": format!("{:?}", entry.operation), "apiVersion": entry.api_version,
            "time": entry.time, "fieldsType": "FieldsV1", "fieldsV1": entry.fields.to_value(),
        });
        if !entry.subresource.is_empty() {
            value["subresource"] = entry.subresource.into();
        }
        value
    });
    let entries: Vec<Value> = entries.collect();
    let entries = if entries.is_empty() { Value::Null } else { entries.into() };
    meta::set(object, &["metadata", "managedFields"], entries);
}

/// The owner of everything that was there before anybody applied.
pub(crate) fn before_first_apply(kind: &Kind, live: &Value, now: Timestamp) -> Entry {
    let everything = without_server_set(&Request::get(crate::Resource::default()), kind, live);
    Entry {
        manager: "before-first-apply".to_owned(),
        operation: Operation::Update,
        api_version: kind.api_version(),
        time: meta::stamp(now),
        subresource: String::new(),
        fields: Fields::of(&everything, &shape(kind)),
    }
}

/// Notes the owner of a new object; without a named manager nobody is noted.
pub(crate) fn created(request: &Request, kind: &Kind, object: &mut Value, now: Timestamp) {
    meta::set(object, &["metadata", "managedFields"], Value::Null);
    if request.options.field_manager.is_empty() {
        return;
    }
    // Who applies owns what was applied; who creates owns also what was defaulted.
    let (operation, owned) = match &request.body {
        Some(Body::Patch(PatchType::Apply, config)) => (Operation::Apply, config),
        _ => (Operation::Update, &*object),
    };
    let fields = Fields::of(&without_server_set(request, kind, owned), &shape(kind));
    let entry = Entry {
        manager: request.options.field_manager.clone(),
        operation,
        api_version: kind.api_version(),
        time: meta::stamp(now),
        subresource: String::new(),
        fields,
    };
    write(object, vec![entry]);
}

/// Notes that the fields in which `new` differs from `live` are now the writer's.
pub(crate) fn updated(request: &Request, kind: &Kind, live: &Value, new: &mut Value, now: Timestamp) {
    let before = meta::at(live, &["metadata", "managedFields"]);
    let manager = &request.options.field_manager;
    if manager.is_empty() && before.is_none() {
        return meta::set(new, &["metadata", "managedFields"], Value::Null);
    }
    let (old, current) = (without_server_set(request, kind, live), without_server_set(request, kind, new));
    let (changed, removed) = Fields::changes(&old, &current, &shape(kind));
    let touched = changed.clone().union(&removed);
    let mut entries = read(live);
    if !touched.is_empty() {
        for entry in &mut entries {
            entry.fields = entry.fields.difference(&touched);
        }
        if !manager.is_empty() {
            note(&mut entries, request, kind, &changed, now);
        }
    }
    write(new, entries);
}

fn note(entries: &mut Vec<Entry>, request: &Request, kind: &Kind, changed: &Fields, now: Timestamp) {
    let (manager, subresource) = (&request.options.field_manager, &request.resource.subresource);
    let time = meta::stamp(now);
    let mine = |entry: &&mut Entry| {
        entry.operation == Operation::Update && entry.manager == *manager && entry.subresource == *subresource
    };
    if let Some(entry) = entries.iter_mut().find(mine) {
        entry.fields = std::mem::take(&mut entry.fields).union(changed);
        entry.time = time;
        return;
    }
    entries.push(Entry {
        manager: manager.clone(),
        operation: Operation::Update,
        api_version: kind.api_version(),
        time,
        subresource: subresource.clone(),
        fields: changed.clone(),
    });
}

/// Whether two forms of an object differ in nothing but when somebody wrote something.
pub(crate) fn same_but_for_times(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return one == other };
    one.len() == other.len()
        && one.iter().all(|(field, value)| match (field.as_str(), other.get(field)) {
            (_, None) => false,
            ("metadata", Some(other)) => same_metadata(value, other),
            (_, Some(other)) => value == other,
        })
}

fn same_metadata(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return one == other };
    let timeless = |entries: &Value| {
        let mut entries = entries.clone();
        for entry in entries.as_array_mut().into_iter().flatten() {
            meta::set(entry, &["time"], Value::Null);
        }
        entries
    };
    one.len() == other.len()
        && one.iter().all(|(field, value)| match (field.as_str(), other.get(field)) {
            (_, None) => false,
            ("managedFields", Some(other)) => value == other || timeless(value) == timeless(other),
            (_, Some(other)) => value == other,
        })
}
