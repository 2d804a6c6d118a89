//! What came of asking.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{Answer, Ctx, Error, Value, Verdict, value};

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
    /// What a provider's answer makes; it began at `started` and ends now.
    pub(crate) fn new(
        ctx: &Ctx<'_>,
        answer: Result<Answer, Error>,
        about: BTreeMap<String, String>,
        started: Timestamp,
    ) -> Self {
        let blank_all = |texts: BTreeMap<String, String>| -> BTreeMap<String, String> {
            texts.into_iter().map(|(key, text)| (key, value::cut(blanked(ctx, &text)))).collect()
        };
        let (outcome, metadata, resume_at) = match answer {
            Ok(answer) => {
                (Ok(answer.value.map(|value| judged(ctx, value))), answer.metadata, answer.resume_at)
            }
            Err(error) => (Err(value::cut(blanked(ctx, &error.to_string()))), error.metadata, None),
        };
        let (metadata, about) = (blank_all(metadata), blank_all(about));
        Self { outcome, metadata, about, resume_at, started, finished: (ctx.clock)() }
    }
}

/// The message of a verdict is an error's text like any other.
fn judged(ctx: &Ctx<'_>, value: Value) -> Value {
    match value {
        Value::Verdict(verdict) => {
            Value::Verdict(Verdict { message: blanked(ctx, &verdict.message), ..verdict })
        }
        other => other,
    }
}

/// What stands in the place of a secret.
const BLANK: &str = "***";

/// The text without the secrets that the measurement was given or has learned.
pub(crate) fn blanked(ctx: &Ctx<'_>, text: &str) -> String {
    let learned = ctx.learned.all();
    crd::secrets::blanked(text, ctx.secrets.iter().chain(&learned), BLANK)
}
