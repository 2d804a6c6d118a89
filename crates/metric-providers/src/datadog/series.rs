//! Version 1: the last point of the first series.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{nothing, unreadable};
use crate::{Answer, Fault, Value, go_json};

#[derive(Deserialize)]
struct Body {
    series: Option<Vec<Series>>,
}

#[derive(Deserialize)]
struct Series {
    // A number that is null counts as 0, as the peer reads it.
    #[serde(default)]
    pointlist: Vec<Vec<Option<f64>>>,
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let parsed: Body = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let Some(point) = parsed.series.iter().flatten().next().and_then(|series| series.pointlist.last()) else {
        let whole: Json = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
        return Ok(nothing(&go_json::text(whole.get("series").unwrap_or(&Json::Null))));
    };
    match point.as_slice() {
        [_, value] => Ok(Value::Number(value.unwrap_or_default()).into()),
        _ => Err(Fault::Answer("Datapoint does not have 2 values".to_owned())),
    }
}
