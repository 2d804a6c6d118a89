//! What Prometheus answers, and what is made of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::http::{Reply, shortened, unread};
use crate::{Answer, Fault, Labelled, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Envelope {
    status: String,
    data: Data,
    error_type: String,
    error: String,
    warnings: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Data {
    result_type: String,
    result: Json,
}

/// Seconds since the epoch, and the number as text.
type Point = (f64, String);

#[derive(Deserialize)]
struct Instant {
    value: Point,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    value: Point,
}

#[derive(Deserialize)]
struct Ranged {
    #[serde(default)]
    values: Vec<Point>,
}

/// Makes a value of an answer, or an error of what is none (spec analysis-04, response handling).
pub(super) fn read(reply: &Reply) -> Result<Answer, Fault> {
    let envelope = envelope(reply)?;
    let metadata = warnings(&envelope.warnings);
    Ok(Answer { value: Some(value(envelope.data)?), metadata, resume_at: None })
}

/// The numbers of now, each with its labels.
pub(super) fn labelled(reply: &Reply) -> Result<Vec<Labelled>, Fault> {
    let Data { result_type, result } = envelope(reply)?.data;
    match result_type.as_str() {
        "scalar" => Ok(vec![Labelled { labels: BTreeMap::new(), number: number(&parsed(result)?)? }]),
        "vector" => {
            let series: Vec<Series> = parsed(result)?;
            let one = |it: Series| Ok(Labelled { number: number(&it.value)?, labels: it.metric });
            series.into_iter().map(one).collect()
        }
        other => {
            let text =
                format!("{other:?} is not of one moment: take rangeQuery out, and ranges without a function");
            Err(Fault::Answer(shortened(&text)))
        }
    }
}

/// What was answered, unless it is an error.
fn envelope(reply: &Reply) -> Result<Envelope, Fault> {
    let code = reply.status;
    if !matches!(code, 200..=299 | 400 | 422) {
        return Err(Fault::Answer(match code {
            400..=499 => format!("client_error: client error: {code}"),
            500..=599 => format!("server_error: server error: {code}"),
            _ => format!("bad_response: bad response code {code}"),
        }));
    }
    let envelope: Envelope = serde_json::from_slice(&reply.body).map_err(|error| bad(&error))?;
    if envelope.status == "error" {
        return Err(Fault::Answer(shortened(&format!("{}: {}", envelope.error_type, envelope.error))));
    }
    if !(200..300).contains(&code) {
        return Err(Fault::Answer("bad_response: inconsistent body for response code".to_owned()));
    }
    Ok(envelope)
}

fn value(data: Data) -> Result<Value, Fault> {
    match data.result_type.as_str() {
        "scalar" => number(&parsed::<Point>(data.result)?).map(Value::Number),
        "vector" => {
            let series: Vec<Instant> = parsed(data.result)?;
            series.iter().map(|series| number(&series.value)).collect::<Result<_, _>>().map(Value::Numbers)
        }
        "matrix" => {
            let series: Vec<Ranged> = parsed(data.result)?;
            let points = series.iter().flat_map(|series| &series.values);
            points.map(number).collect::<Result<_, _>>().map(Value::Numbers)
        }
        other => {
            let text = format!("unexpected value type {other:?}: Prometheus metric type not supported");
            Err(Fault::Answer(shortened(&text)))
        }
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(json: Json) -> Result<T, Fault> {
    serde_json::from_value(json).map_err(|error| bad(&error))
}

/// Prometheus writes `NaN`, `+Inf` and `-Inf` as Rust reads them.
fn number((_, text): &Point) -> Result<f64, Fault> {
    text.parse().map_err(|_| Fault::Answer(shortened(&format!("bad_response: {text:?} is no number"))))
}

fn warnings(warnings: &[String]) -> BTreeMap<String, String> {
    let quoted: Vec<String> = warnings.iter().map(|warning| format!("{warning:?}")).collect();
    let row = (!quoted.is_empty()).then(|| ("warnings".to_owned(), shortened(&quoted.join(", "))));
    row.into_iter().collect()
}

fn bad(error: &serde_json::Error) -> Fault {
    Fault::Answer(shortened(&format!("bad_response: {}", unread(error))))
}
