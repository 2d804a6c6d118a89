//! Answers as `/api/v1/query` writes them.

use serde_json::{Map, Value as Json, json};

use super::{Labels, QueryResult, Sample, Series, Value};

impl QueryResult {
    /// The body of a successful HTTP answer:
    /// `{"status":"success","data":{"resultType":"vector","result":[{"metric":{...},"value":[t,"v"]}]}}`.
    pub fn to_json(&self) -> Json {
        let result = match &self.value {
            Value::Scalar(value) => point(self.at, *value),
            Value::Text(text) => json!([seconds(self.at), text]),
            Value::Vector(samples) => samples.iter().map(|sample| instant(self.at, sample)).collect(),
            Value::Matrix(series) => series.iter().map(range).collect(),
        };
        json!({"status": "success", "data": {"resultType": self.value.kind(), "result": result}})
    }
}

fn instant(at: i64, sample: &Sample) -> Json {
    json!({"metric": metric(&sample.labels), "value": point(at, sample.value)})
}

fn range(series: &Series) -> Json {
    let values: Vec<Json> = series.samples.iter().map(|(at, value)| point(*at, *value)).collect();
    json!({"metric": metric(&series.labels), "values": values})
}

fn metric(labels: &Labels) -> Map<String, Json> {
    labels.iter().map(|(name, value)| (name.to_owned(), Json::from(value))).collect()
}

fn point(at: i64, value: f64) -> Json {
    json!([seconds(at), number(value)])
}

/// Seconds since the epoch: whole when they are whole, else with the milliseconds as a fraction.
fn seconds(at: i64) -> Json {
    if at % 1000 == 0 { json!(at / 1000) } else { json!(at as f64 / 1000.0) }
}

/// The shortest decimal that reads back as the same number, never with an exponent.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        format!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_numbers_are_written_as_prometheus_writes_them() {
        let written: Vec<String> =
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 10.0, 0.95, 1e21, 1e-7, -0.0].map(number).into();
        let expected = ["NaN", "+Inf", "-Inf", "10", "0.95", "1000000000000000000000", "0.0000001", "-0"];
        assert_eq!(written, expected);
    }

    #[test]
    fn a_moment_within_a_second_has_a_fraction() {
        assert_eq!((seconds(1_500), seconds(2_000)), (json!(1.5), json!(2)));
    }
}
