//! What `/render` answers: the first target's points.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::http::shortened;
use crate::{Fault, Value, go_json};

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    datapoints: Vec<Json>,
}

/// The numbers of the first target; what is null is left out.
pub(super) fn read(body: &[u8]) -> Result<Value, Fault> {
    let targets: Vec<Target> =
        serde_json::from_slice(body).map_err(|error| Fault::Answer(go_json::fault(body, &error)))?;
    // Each point of each target must be one, as the peer reads them all.
    let mut points = Vec::new();
    for target in &targets {
        let read = target.datapoints.iter().map(point).collect::<Result<Vec<_>, _>>();
        points.push(read.map_err(|text| Fault::Answer(shortened(&text)))?);
    }
    let first = points.into_iter().next().unwrap_or_default();
    if first.is_empty() {
        return Err(Fault::Answer("no values found".to_owned()));
    }
    let numbers: Vec<f64> = first.into_iter().flatten().collect();
    let texts: Vec<String> = numbers.iter().map(|number| six_decimals(*number)).collect();
    let text = format!("[{}]", texts.join(","));
    Ok(Value::Written(Box::new(Value::Numbers(numbers)), text))
}

fn six_decimals(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    format!("{number:.6}")
}

/// `[value, timestamp]`, each a number, or one as text.
fn point(point: &Json) -> Result<Option<f64>, String> {
    let Some([value, timestamp]) = point.as_array().map(Vec::as_slice) else {
        return Err(format!("error unmarshaling data point: {point}"));
    };
    check_timestamp(timestamp)?;
    match value {
        Json::Null => Ok(None),
        Json::Number(number) => Ok(number.as_f64()),
        Json::String(text) => {
            let invalid = |_| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax");
            text.parse().map(Some).map_err(invalid)
        }
        other => Err(format!("error unmarshaling value: {other}")),
    }
}

fn check_timestamp(timestamp: &Json) -> Result<(), String> {
    match timestamp {
        Json::Null => Ok(()),
        Json::Number(number) if number.as_i64().is_some() => Ok(()),
        Json::String(text) => {
            let invalid = |_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax");
            text.parse::<i64>().map(|_| ()).map_err(invalid)
        }
        other => Err(format!("error unmarshaling timestamp: {other}")),
    }
}
