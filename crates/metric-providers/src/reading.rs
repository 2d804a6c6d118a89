//! What came of asking.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{Answer, Error, go_json};

/// What was read, typed as the condition language expects it of the provider (spec analysis-03 2).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `float64`: a Prometheus scalar.
    Number(f64),
    /// `[]float64`: a Prometheus vector or matrix.
    Numbers(Vec<f64>),
    /// `string`: a web body that is not JSON.
    Text(String),
    /// No data: `nil`, with the text that stands for it.
    Nothing(String),
    /// A JSON value whose numbers are all `float64`: what a JSONPath found in a web body.
    Json(Json),
}

impl Value {
    /// The text that stands in `measurement.value`.
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => decimal(*number),
            Self::Numbers(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(|number| decimal(*number)).collect();
                format!("[{}]", numbers.join(","))
            }
            Self::Text(text) | Self::Nothing(text) => text.clone(),
            Self::Json(json) => go_json::text(json),
        }
    }
}

/// The shortest decimal that reads back as the same number, never with an exponent.
fn decimal(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    number.to_string()
}

/// One look at one metric, ready to be judged and recorded. Nothing in it holds a secret but the value itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What was read (`None` while a long measurement runs), or the text of the error.
    pub outcome: Result<Option<Value>, String>,
    /// For the measurement: `warnings`.
    pub metadata: BTreeMap<String, String>,
    /// For the metric's result: `ResolvedPrometheusQuery`.
    pub about: BTreeMap<String, String>,
    /// When to ask again, for a measurement that runs.
    pub resume_at: Option<Timestamp>,
    /// When the question was asked.
    pub started: Timestamp,
    /// When the answer was there.
    pub finished: Timestamp,
}

impl Reading {
    pub(crate) fn new(
        answer: Result<Answer, Error>,
        about: BTreeMap<String, String>,
        (started, finished): (Timestamp, Timestamp),
        secrets: &[String],
    ) -> Self {
        let blank = |text: String| blanked(text, secrets);
        let blank_all = |texts: BTreeMap<String, String>| -> BTreeMap<String, String> {
            texts.into_iter().map(|(key, text)| (key, blank(text))).collect()
        };
        let (outcome, metadata, resume_at) = match answer {
            Ok(answer) => (Ok(answer.value), answer.metadata, answer.resume_at),
            Err(error) => (Err(blank(error.to_string())), BTreeMap::new(), None),
        };
        let (metadata, about) = (blank_all(metadata), blank_all(about));
        Self { outcome, metadata, about, resume_at, started, finished }
    }
}

fn blanked(text: String, secrets: &[String]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(text, |text, secret| text.replace(secret.as_str(), "***"))
}
