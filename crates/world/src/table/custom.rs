//! Columns that a CustomResourceDefinition asks for.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::age;
use crate::kinds::Column;
use crate::meta;

/// The name comes first, always.
pub(super) fn definitions(columns: &[Column]) -> Vec<Value> {
    let name = json!({"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0});
    let own = columns.iter().map(|column| {
        json!({
            "name": column.name, "type": column.kind, "format": column.format, "description": column.description,
            "priority": column.priority,
        })
    });
    std::iter::once(name).chain(own).collect()
}

pub(super) fn cells(columns: &[Column], object: &Value, now: Timestamp) -> Vec<Value> {
    let name = Value::from(meta::name(object));
    std::iter::once(name).chain(columns.iter().map(|column| cell(column, object, now))).collect()
}

fn cell(column: &Column, object: &Value, now: Timestamp) -> Value {
    let Some(found) = find(object, &column.json_path) else { return Value::Null };
    match column.kind.as_str() {
        "date" => age(found, now),
        "string" if !found.is_string() => found.to_string().into(),
        _ => found.clone(),
    }
}

/// The first value at a JSON path of the simple form that printer columns use: `.a.b[0].c`,
/// `.a.conditions[?(@.type=="Ready")].status`.
fn find<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = object;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix("[?(@.") {
            let (test, tail) = tail.split_once(")]")?;
            let (field, wanted) = test.split_once("==")?;
            let wanted = wanted.trim().trim_matches(['"', '\'']);
            here = here.as_array()?.iter().find(|item| item[field.trim()] == wanted)?;
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('[') {
            let (index, tail) = tail.split_once(']')?;
            here = match index.parse::<usize>() {
                Ok(index) => here.get(index)?,
                Err(_) => here.get(index.trim_matches(['"', '\'']))?,
            };
            rest = tail;
        } else {
            let tail = rest.strip_prefix('.').unwrap_or(rest);
            let end = step_end(tail);
            here = here.get(tail.get(..end)?.replace("\\.", "."))?;
            rest = tail.get(end..)?;
        }
    }
    Some(here)
}

/// Where a step ends: at a dot that is not escaped, or at a bracket.
fn step_end(path: &str) -> usize {
    let mut escaped = false;
    for (index, letter) in path.char_indices() {
        match letter {
            '\\' => escaped = true,
            '.' if escaped => escaped = false,
            '.' | '[' => return index,
            _ => escaped = false,
        }
    }
    path.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn printer_columns_find_fields_items_and_filtered_items() {
        let object = json!({"a": {"x.y": 1, "list": [{"type": "Ready", "status": "True"}]}});
        let found = [".a.x\\.y", ".a.list[0].type", ".a.list[?(@.type==\"Ready\")].status", ".a.none"]
            .map(|path| super::find(&object, path).cloned());
        assert_eq!(found, [Some(json!(1)), Some(json!("Ready")), Some(json!("True")), None]);
    }
}
