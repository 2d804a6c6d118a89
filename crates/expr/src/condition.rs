//! What a measurement is judged by: `successCondition` and `failureCondition`.

use std::fmt;

use jiff::Timestamp;

use crate::cache;
use crate::environment::Env;
use crate::value::{Time, Value};

/// The verdict on one measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It meets the conditions.
    Successful,
    /// It does not.
    Failed,
    /// It meets neither condition.
    Inconclusive,
    /// A condition could not be evaluated.
    Error(ConditionError),
}

/// Why a condition could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not evaluate {which} \"{condition}\": {message}")]
pub struct ConditionError {
    /// Which of the two.
    pub which: Which,
    /// Its text.
    pub condition: String,
    /// The engine's message, or that there was no data.
    pub message: String,
    /// Where in the condition, in characters from its start: for readers who point at mistakes, since a measurement has
    /// the message alone (spec analysis-03). None when no part of the text is at fault.
    pub at: Option<usize>,
}

/// One of a metric's two conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `successCondition`
    Success,
    /// `failureCondition`
    Failure,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "successCondition",
            Self::Failure => "failureCondition",
        })
    }
}

const NO_DATA: &str = "metric result is nil or empty: no data returned from the metric provider";

/// Judges what a provider has read; an empty condition is none (spec analysis-03 1, analysis-02 4).
pub fn judge(result: &Value, success: &str, failure: &str, now: Timestamp) -> Verdict {
    let env = Env::of_result(result.clone());
    let holds = |which, condition: &str| -> Result<Option<bool>, ConditionError> {
        if condition.is_empty() {
            return Ok(None);
        }
        holds(condition, &env, now).map(Some).map_err(|(at, message)| {
            let no_data = result.is_nil_or_empty();
            let (at, message) = if no_data { (None, NO_DATA.to_owned()) } else { (at, message) };
            ConditionError { which, condition: condition.to_owned(), message, at }
        })
    };
    let verdict = || {
        let succeeds = holds(Which::Success, success)?;
        let fails = holds(Which::Failure, failure)?;
        Ok(match (succeeds, fails) {
            (_, Some(true)) | (Some(false), None) => Verdict::Failed,
            (Some(false), Some(false)) => Verdict::Inconclusive,
            _ => Verdict::Successful,
        })
    };
    verdict().unwrap_or_else(Verdict::Error)
}

/// Whether a condition holds.
fn holds(condition: &str, env: &Env, now: Timestamp) -> Result<bool, (Option<usize>, String)> {
    let placed = |error: crate::Error| (Some(error.at), error.message);
    let program = cache::compile(condition, env).map_err(placed)?;
    match program.run(env, now).map_err(placed)? {
        Value::Bool(holds) => Ok(holds),
        other => Err((None, format!("expected bool, but got {}", other.go_type()))),
    }
}

/// The time that an expression gives, such as the start of a range query (spec analysis-03 1).
///
/// # Errors
/// The engine's message, or that the expression gives no time.
pub fn time(expression: &str, now: Timestamp) -> Result<Time, String> {
    let env = Env::of_time();
    let program = cache::compile(expression, &env).map_err(|error| error.message)?;
    match program.run(&env, now).map_err(|error| error.message)? {
        Value::Time(time) => Ok(time),
        other => Err(format!("expected time.Time, but got {}", other.go_type())),
    }
}
