//! What a query evaluates to.

use std::collections::BTreeSet;

use super::{Error, Labels};

/// One series at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Which series.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// One series over a range of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Which series.
    pub labels: Labels,
    /// Milliseconds since the epoch and value, oldest first.
    pub samples: Vec<(i64, f64)>,
}

/// A value of PromQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(f64),
    /// A text literal.
    Text(String),
    /// Several series at one moment.
    Vector(Vec<Sample>),
    /// Several series over a range.
    Matrix(Vec<Series>),
}

impl Value {
    /// The type in PromQL's words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::Text(_) => "string",
            Self::Vector(_) => "vector",
            Self::Matrix(_) => "matrix",
        }
    }

    pub(super) fn vector(self) -> Result<Vec<Sample>, Error> {
        match self {
            Self::Vector(samples) => Ok(samples),
            other => Err(Error::Type { expected: "an instant vector", found: other.kind() }),
        }
    }

    pub(super) fn scalar(self) -> Result<f64, Error> {
        match self {
            Self::Scalar(value) => Ok(value),
            other => Err(Error::Type { expected: "a scalar", found: other.kind() }),
        }
    }
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    /// When it was asked for, milliseconds since the epoch.
    pub at: i64,
    /// What it is.
    pub value: Value,
}

/// Refuses a vector in which two series cannot be told apart, as they may become by losing their metric name.
pub(super) fn distinct(samples: Vec<Sample>) -> Result<Value, Error> {
    let mut seen = BTreeSet::new();
    match samples.iter().find(|sample| !seen.insert(&sample.labels)) {
        Some(sample) => Err(Error::SameLabels { labels: sample.labels.to_string() }),
        None => Ok(Value::Vector(samples)),
    }
}
