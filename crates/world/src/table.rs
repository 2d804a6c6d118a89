//! The tables that `kubectl get` prints.

mod age;
mod columns;
mod custom;
mod pod;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kinds::Kind;
use columns::Column;

/// How much of each object a table carries along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// `PartialObjectMetadata`; what `kubectl` asks for by default.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

/// The `Table` of objects of one kind.
pub(crate) fn table(
    kind: Option<&Kind>,
    version: &str,
    objects: &[Arc<Value>],
    now: Timestamp,
    include: IncludeObject,
) -> Value {
    let custom = kind.and_then(|kind| kind.custom.get(version)).map(|version| version.columns.as_slice());
    let built_in = columns::of(kind.map_or(("", ""), |kind| (&kind.group, &kind.plural)));
    let definitions = match custom {
        Some(columns) if !columns.is_empty() => custom::definitions(columns),
        _ => built_in.iter().map(Column::definition).collect(),
    };
    let row = |object: &Arc<Value>| {
        let cells: Vec<Value> = match custom {
            Some(columns) if !columns.is_empty() => custom::cells(columns, object, now),
            _ => built_in.iter().map(|column| (column.cell)(object, now)).collect(),
        };
        let mut row = json!({"cells": cells});
        match include {
            IncludeObject::None => {}
            IncludeObject::Object => row["object"] = Value::clone(object),
            IncludeObject::Metadata => {
                row["object"] = json!({
                    "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"],
                });
            }
        }
        row
    };
    let rows: Vec<Value> = objects.iter().map(row).collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": definitions, "rows": rows,
    })
}
