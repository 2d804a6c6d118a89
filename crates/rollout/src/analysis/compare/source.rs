//! Where the figures of a comparison come from.

use std::time::Duration;

use judge::{Error, Field};
use serde_json::{Map, Value};

use super::figures::Since;

/// Where figures come from.
pub(super) struct Source {
    /// Its name.
    name: &'static str,
    pub(super) since: Since,
    /// How old its figures are.
    pub(super) delay: Duration,
}

/// The metric systems that can be asked, with what is usual of them.
const SOURCES: [Source; 2] = [
    Source { name: "prometheus", since: Since::Start, delay: Duration::ZERO },
    Source { name: "datadog", since: Since::Window, delay: Duration::from_secs(60) },
];

/// What may stand beside the metric system.
const SETTINGS: [&str; 2] = ["cumulative", "delay"];

const EXAMPLE: &str =
    "name a metric system with its settings, such as `prometheus: {address: \"http://...\"}`";

/// The source, and whether it gives counters that only grow or the counts of a window.
pub(super) fn of(written: &Value) -> Result<Source, Error> {
    let field = Field::default().member("source");
    let given = match written.get("source") {
        None | Some(Value::Null) => return Err(Error::Missing { field, remedy: EXAMPLE }),
        Some(Value::Object(given)) => given,
        Some(other) => return Err(unreadable(field, other, "source", EXAMPLE)),
    };
    let usual = system(given, &field)?;
    let at = field.member("cumulative");
    let since = match (given.get("cumulative"), usual.since) {
        (None, since) => since,
        (Some(Value::Bool(true)), Since::Start) => Since::Start,
        (Some(Value::Bool(false)), _) => Since::Window,
        (Some(other), Since::Start) => {
            // With its quotes, if they are the mistake.
            let (value, remedy) = (other.to_string(), "write `true` or `false`".to_owned());
            return Err(Error::Unreadable { field: at, value, wanted: "boolean", remedy });
        }
        (Some(other), Since::Window) => {
            let why = "is not so: this source tells what was counted in a window";
            return Err(Error::Refused { field: at, value: other.to_string(), why, remedy: "take it out" });
        }
    };
    let delay = match given.get("delay").and_then(Value::as_str) {
        // What is no duration, the provider refuses.
        Some(text) => crd::duration::parse(text).unwrap_or(usual.delay),
        None => usual.delay,
    };
    Ok(Source { since, delay, ..usual })
}

/// The one metric system that is named.
fn system(given: &Map<String, Value>, field: &Field) -> Result<Source, Error> {
    let names = SOURCES.map(|source| source.name);
    let all = [names.as_slice(), &SETTINGS].concat();
    let mut there = given.iter().filter(|(_, settings)| !settings.is_null());
    if let Some((strange, settings)) = there.find(|(key, _)| !all.contains(&key.as_str())) {
        // What has settings of its own was meant for a metric system.
        return Err(Error::unknown(field, strange, if settings.is_object() { &names } else { &all }));
    }
    let mut named = SOURCES.into_iter().filter_map(|source| {
        let settings = given.get(source.name).filter(|settings| !settings.is_null());
        Some((settings?, source))
    });
    let Some((settings, source)) = named.next() else {
        return Err(Error::Missing { field: field.clone(), remedy: EXAMPLE });
    };
    if let Some((_, other)) = named.next() {
        return Err(Error::Refused {
            field: field.member(other.name),
            value: other.name.to_owned(),
            why: "stands beside another metric system",
            remedy: "keep one of them",
        });
    }
    if settings.is_object() {
        return Ok(source);
    }
    let remedy = "write them as `{address: \"http://...\"}`, or `{}`";
    Err(unreadable(field.member(source.name), settings, "set of settings", remedy))
}

fn unreadable(field: Field, value: &Value, wanted: &'static str, remedy: &str) -> Error {
    let value = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Error::Unreadable { field, value, wanted, remedy: remedy.to_owned() }
}
