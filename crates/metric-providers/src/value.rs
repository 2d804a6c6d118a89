//! What was read, and the text that stands for it.

use crd::AnalysisPhase;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::bounded::Bounded;
use crate::{go_json, go_text};

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
    /// `[]interface {}`: what stands in an InfluxDB table.
    Items(Vec<Item>),
    /// `[]types.MetricDataResult`: what CloudWatch answers.
    Records(Vec<Record>),
    /// A value with a text of its provider's own, such as Wavefront's two decimals.
    Written(Box<Value>, String),
    /// What `aviary/compare` read of both arms. `aviary-rollout` reads its text, which is therefore whole: the provider
    /// bounds it. No condition judges it.
    Figures(Json),
    /// No value to be judged: the provider has judged (Job, Kayenta, plugins).
    Verdict(Verdict),
}

/// One value of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `nil`
    Nothing,
    /// `bool`
    Bool(bool),
    /// `int64`
    Integer(i64),
    /// `uint64`
    Unsigned(u64),
    /// `float64`
    Number(f64),
    /// `string`
    Text(String),
    /// `time.Time`
    Time(Timestamp),
    /// `time.Duration`, in nanoseconds.
    Duration(i64),
    /// `[]byte`
    Bytes(Vec<u8>),
}

/// One result of CloudWatch's `GetMetricData`. Both lists have the same order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// `Id`
    pub id: Option<String>,
    /// `Label`
    pub label: Option<String>,
    /// `Messages`, each a code and a text.
    pub messages: Vec<(Option<String>, Option<String>)>,
    /// `StatusCode`
    pub status_code: String,
    /// `Timestamps`
    pub timestamps: Vec<Timestamp>,
    /// `Values`
    pub values: Vec<f64>,
}

/// What a provider says of a measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Where the measurement stands; it goes on as long as this is no completed phase.
    pub phase: AnalysisPhase,
    /// Why.
    pub message: String,
    /// What was read, as text.
    pub text: String,
}

impl Verdict {
    pub(crate) fn new(phase: AnalysisPhase, message: impl Into<String>) -> Self {
        Self { phase, message: message.into(), text: String::new() }
    }
}

/// Longest text of a value, in bytes: a status keeps ten of them for each metric, and a cluster's store takes no object
/// of more than about a megabyte.
const LONGEST: usize = 64 << 10;

/// As much of a text as a status can keep.
pub(crate) fn cut(text: String) -> String {
    Bounded::of(text, LONGEST).end()
}

impl Value {
    /// The text that stands in `measurement.value`; one that is longer than a status can keep is cut off,
    /// but for figures.
    pub fn text(&self) -> String {
        let mut out = Bounded::new(if matches!(self, Self::Figures(_)) { usize::MAX } else { LONGEST });
        self.write(&mut out);
        out.end()
    }

    /// About how many bytes it takes as a value of the condition language. Whoever keeps many values bounds them by it.
    pub fn weight(&self) -> usize {
        match self {
            Self::Number(_) | Self::Nothing(_) | Self::Verdict(_) | Self::Figures(_) => 0,
            Self::Numbers(numbers) => numbers.len() * ONE,
            Self::Text(text) => text.len(),
            Self::Json(json) => weight(json),
            Self::Items(items) => items.iter().map(Item::weight).sum(),
            Self::Records(records) => {
                records.iter().map(|it| (it.values.len() + it.timestamps.len() + 1) * ONE).sum()
            }
            Self::Written(value, _) => value.weight(),
        }
    }

    fn write(&self, out: &mut Bounded) {
        match self {
            Self::Number(number) => out.push(&decimal(*number)),
            Self::Numbers(numbers) => {
                out.list(["[", ",", "]"], numbers, |out, number| out.push(&decimal(*number)));
            }
            Self::Text(text) | Self::Nothing(text) | Self::Written(_, text) => out.push(text),
            Self::Json(json) | Self::Figures(json) => go_json::write(out, json),
            Self::Items(items) => go_text::list(out, items, go_text::item),
            Self::Records(records) => out.list(["[", " ", "]"], records, |out, record| {
                go_text::list(out, &record.values, |value| go_text::float(*value));
            }),
            Self::Verdict(verdict) => out.push(&verdict.text),
        }
    }
}

/// One value of the condition language, in bytes, with its share of the list that holds it.
const ONE: usize = 64;

impl Item {
    fn weight(&self) -> usize {
        match self {
            Self::Text(text) => ONE + text.len(),
            // Each byte is a value.
            Self::Bytes(bytes) => ONE + bytes.len() * ONE,
            _ => ONE,
        }
    }
}

/// A member of an object has a key besides, in a tree that is often half empty.
fn weight(json: &Json) -> usize {
    match json {
        Json::String(text) => ONE + text.len(),
        Json::Array(items) => ONE + items.iter().map(weight).sum::<usize>(),
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| 4 * ONE + key.len() + weight(value);
            ONE + members.iter().map(member).sum::<usize>()
        }
        _ => ONE,
    }
}

/// The shortest decimal that reads back as the same number, never with an exponent.
fn decimal(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_weighs_by_its_parts_and_texts_by_their_length() {
        let long = "x".repeat(1_000);
        for (value, least) in [
            (Value::Number(1.0), 0),
            (Value::Numbers(vec![1.0; 100]), 100 * ONE),
            (Value::Text(long.clone()), 1_000),
            (Value::Json(json!([1, [long], {"a": null}])), 1_000 + 6 * ONE),
            (
                Value::Items(vec![Item::Nothing, Item::Text(long.clone()), Item::Bytes(vec![0; 100])]),
                1_000 + 100 * ONE,
            ),
            (Value::Records(vec![Record { values: vec![1.0; 100], ..Record::default() }]), 100 * ONE),
            (Value::Written(Box::new(Value::Numbers(vec![1.0; 100])), String::new()), 100 * ONE),
        ] {
            let weight = value.weight();
            assert!((least..=least + 10 * ONE).contains(&weight), "{weight} of {least}");
        }
    }
}
