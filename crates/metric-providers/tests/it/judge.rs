//! What becomes of a reading: judged as the core judges it, by the conditions' own language.

use aviary_metric_providers::{Reading, Value};
use expr::Verdict;

/// Phase letter, text of the value, and message.
pub(crate) type Judged = (char, String, String);

/// Judges a reading by a metric's conditions.
pub(crate) fn judge(reading: &Reading, success: &str, failure: &str) -> Judged {
    match &reading.outcome {
        Err(text) => ('E', String::new(), text.clone()),
        Ok(None) => ('R', String::new(), String::new()),
        Ok(Some(Value::Verdict(verdict))) => {
            let letter = verdict.phase.as_str().chars().next().unwrap();
            (letter, verdict.text.clone(), verdict.message.clone())
        }
        Ok(Some(value)) => match expr::judge(&value.into(), success, failure, reading.finished) {
            Verdict::Successful => ('S', value.text(), String::new()),
            Verdict::Failed => ('F', value.text(), String::new()),
            Verdict::Inconclusive => ('I', value.text(), String::new()),
            Verdict::Error(why) => ('E', value.text(), why.to_string()),
        },
    }
}
