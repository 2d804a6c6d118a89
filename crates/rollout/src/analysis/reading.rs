//! What came back from a metric system.

use std::collections::BTreeMap;

use crd::AnalysisPhase;
use jiff::Timestamp;

use super::Filled;

/// The answer to one [`Ask`](super::Ask).
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Name of the metric, as the ask has it.
    pub name: String,
    /// What was asked, with the conditions that judge the answer.
    pub asked: Filled,
    /// What was found.
    pub outcome: Outcome,
    /// What was read, as text for the status.
    pub value: String,
    /// For the measurement: what the provider wants to remember.
    pub metadata: BTreeMap<String, String>,
    /// For the metric's result: what the provider says of the question.
    pub about: BTreeMap<String, String>,
    /// When to ask again, for a measurement that runs.
    pub resume_at: Option<Timestamp>,
    /// When the question was asked.
    pub started_at: Timestamp,
    /// When the answer was there.
    pub finished_at: Timestamp,
}

/// What a provider found.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A value, to be judged by the metric's conditions.
    Value(expr::Value),
    /// A verdict of the provider's own (Job, Kayenta, plugins).
    Verdict(AnalysisPhase, String),
    /// Nothing yet.
    Running,
    /// It could not be asked, or did not answer.
    Error(String),
}
