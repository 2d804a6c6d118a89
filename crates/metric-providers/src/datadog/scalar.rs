//! Version 2: one number, or one a group.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::config::Config;
use super::{nothing, unreadable};
use crate::{Answer, Fault, Value, go_json};

/// More groups than this are not all told.
const GROUPS: usize = 100;

/// What is asked, with times in milliseconds.
pub(super) fn question(config: &Config, from: i64, now: i64) -> Json {
    let aggregator = if config.aggregator.is_empty() { "last" } else { &config.aggregator };
    let query = |name: &str, query: &str| json!({"aggregator": aggregator, "data_source": "metrics", "name": name, "query": query});
    let queries: Vec<Json> = if config.queries.is_empty() {
        vec![query("query", &config.query)]
    } else {
        config.queries.iter().map(|(name, text)| query(name, text)).collect()
    };
    let formulas = if config.formula.is_empty() { json!([]) } else { json!([{"formula": config.formula}]) };
    let attributes = json!({"from": from * 1000, "to": now * 1000, "queries": queries, "formulas": formulas});
    json!({"data": {"attributes": attributes, "type": "scalar_request"}})
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    attributes: Attributes,
    errors: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    columns: Vec<Column>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    values: Vec<Json>,
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let Body { data } = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    if let Some(errors) = data.errors.filter(|errors| !errors.is_empty()) {
        return Err(Fault::Answer(format!("There were errors in your query: {errors}")));
    }
    let columns = &data.attributes.columns;
    let kind = |column: &&Column, wanted: &str| column.kind.as_deref().unwrap_or_default() == wanted;
    let number = columns.iter().find(|column| kind(column, "number") || kind(column, ""));
    let groups: Vec<&Column> = columns.iter().filter(|column| kind(column, "group")).collect();
    let Some(number) = number else { return Ok(nothing("[]")) };
    let mut rows = Vec::new();
    for (at, raw) in number.values.iter().enumerate().filter(|(_, raw)| !raw.is_null()) {
        let value = raw.as_f64().ok_or_else(|| {
            let (raw, name) = (raw.to_string(), &number.name);
            Fault::Answer(format!(
                "could not parse numeric value {raw:?} in column {name:?}: it is no number"
            ))
        })?;
        rows.push((value, at));
    }
    let Some((first, _)) = rows.first() else { return Ok(nothing("[]")) };
    if groups.is_empty() {
        return Ok(Value::Number(*first).into());
    }
    grouped(&groups, &rows)
}

fn grouped(groups: &[&Column], rows: &[(f64, usize)]) -> Result<Answer, Fault> {
    let mut named = Vec::new();
    for (value, at) in rows {
        let label = label(groups, *at);
        let label =
            label.ok_or_else(|| Fault::Answer(format!("could not parse group label at index {at}")))?;
        named.push((label, *value));
    }
    let mut answer = Answer::from(Value::Numbers(rows.iter().map(|(value, _)| *value).collect()));
    if named.len() > GROUPS {
        named.sort_by(|one, other| one.1.total_cmp(&other.1));
        named.drain(GROUPS / 2..named.len() - GROUPS / 2);
        answer.metadata.insert("groups_truncated".to_owned(), "true".to_owned());
    }
    let told: Vec<Json> = named.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    answer.metadata.insert("groups".to_owned(), go_json::text(&Json::Array(told)));
    Ok(answer)
}

/// The values of all group columns in a row: each is a list of texts.
fn label(groups: &[&Column], at: usize) -> Option<String> {
    let mut parts = Vec::new();
    for group in groups {
        let values = group.values.get(at)?.as_array().filter(|values| !values.is_empty())?;
        for value in values {
            parts.push(value.as_str().filter(|text| !text.is_empty())?);
        }
    }
    Some(parts.join(","))
}
