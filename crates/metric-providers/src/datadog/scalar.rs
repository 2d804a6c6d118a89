//! Version 2: one number, or one a group.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::config::Config;
use super::{nothing, unreadable};
use crate::http::shortened;
use crate::{Answer, Fault, Labelled, Value, go_json};

/// More groups than this are not all told.
const GROUPS: usize = 100;
/// Longest name of a group's column, in bytes, which every row repeats: a tag of Datadog's has 200 characters.
const LONGEST_TAG: usize = 1000;

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
    let columns = columns(body)?;
    let (groups, rows) = (groups(&columns), rows(&columns)?);
    let Some((first, _)) = rows.first() else { return Ok(nothing("[]")) };
    if groups.is_empty() {
        return Ok(Value::Number(*first).into());
    }
    grouped(&groups, &rows)
}

/// The numbers, each with the tags of its group.
pub(super) fn labelled(body: &[u8]) -> Result<Vec<Labelled>, Fault> {
    let columns = columns(body)?;
    let (groups, rows) = (groups(&columns), rows(&columns)?);
    if groups.iter().any(|group| group.name.len() > LONGEST_TAG) {
        return Err(Fault::Answer("a group's column has a name that no tag can have".to_owned()));
    }
    let one = |(number, at): &(f64, usize)| {
        let tag = |group: &&Column| Some((group.name.clone(), label(&[group], *at)?));
        let labels = groups.iter().map(tag).collect::<Option<_>>().ok_or_else(|| nameless(*at))?;
        Ok(Labelled { labels, number: *number })
    };
    rows.iter().map(one).collect()
}

fn columns(body: &[u8]) -> Result<Vec<Column>, Fault> {
    let Body { data } = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    match data.errors.filter(|errors| !errors.is_empty()) {
        Some(errors) => Err(Fault::Answer(shortened(&format!("There were errors in your query: {errors}")))),
        None => Ok(data.attributes.columns),
    }
}

fn is_of(column: &Column, wanted: &str) -> bool {
    column.kind.as_deref().unwrap_or_default() == wanted
}

fn groups(columns: &[Column]) -> Vec<&Column> {
    columns.iter().filter(|column| is_of(column, "group")).collect()
}

/// The numbers of the first column that has some, and the rows in which they stand.
fn rows(columns: &[Column]) -> Result<Vec<(f64, usize)>, Fault> {
    let number = columns.iter().find(|column| is_of(column, "number") || is_of(column, ""));
    let Some(number) = number else { return Ok(Vec::new()) };
    let values = number.values.iter().enumerate().filter(|(_, raw)| !raw.is_null());
    let read = |(at, raw): (usize, &Json)| {
        raw.as_f64().map(|value| (value, at)).ok_or_else(|| {
            let (raw, name) = (raw.to_string(), &number.name);
            Fault::Answer(shortened(&format!(
                "could not parse numeric value {raw:?} in column {name:?}: it is no number"
            )))
        })
    };
    values.map(read).collect()
}

fn nameless(at: usize) -> Fault {
    Fault::Answer(format!("could not parse group label at index {at}"))
}

fn grouped(groups: &[&Column], rows: &[(f64, usize)]) -> Result<Answer, Fault> {
    let mut named = Vec::new();
    for (value, at) in rows {
        let label = label(groups, *at);
        named.push((label.ok_or_else(|| nameless(*at))?, *value));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_column_is_not_repeated_for_every_row_when_it_is_no_tags() {
        let body = |name: &str| {
            let group = json!({"name": name, "type": "group", "values": [["a"], ["b"]]});
            let columns = json!([group, {"name": "query", "type": "number", "values": [1, 2]}]);
            json!({"data": {"attributes": {"columns": columns}}}).to_string()
        };
        assert_eq!(labelled(body("route").as_bytes()).map(|rows| rows.len()), Ok(2));
        let refused = labelled(body(&"x".repeat(2000)).as_bytes()).map(|rows| rows.len());
        assert_eq!(
            refused,
            Err(Fault::Answer("a group's column has a name that no tag can have".to_owned()))
        );
    }
}
