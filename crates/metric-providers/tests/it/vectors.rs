//! The rows of the specification (analysis-05, section G), each by its id.
//!
//! A row says its outcome in a line of the same form as the rows of rollouts: `VECTOR <row> passed`.

mod datadog;
mod jobs;
mod others;
mod prometheus;

use aviary_metric_providers::Reading;
use serde_json::Value as Json;

use crate::judge::{Judged, judge};

/// Says that every case of a row held; one that does not fails its test.
fn passed(row: &str) {
    println!("VECTOR {row} passed");
}

/// Why the rows that expect the body of a refusal deviate.
const BODY: &str = "no body is told, but what its fields of errors say";

/// Says that a row is another on purpose, and why.
fn deviates(row: &str, why: &str) {
    println!("VECTOR {row} deviates {why}");
}

/// What a case expects: the phase, the value's text, and how the message begins. An error's value is not looked at.
type Expected<'e> = (char, &'e str, &'e str);

/// Judges a reading and compares.
fn holds(row: &str, reading: &Reading, (success, failure): (&str, &str), expected: Expected<'_>) {
    let (phase, value, message): Judged = judge(reading, success, failure);
    let as_expected = phase == expected.0
        && (phase == 'E' || value == expected.1)
        && if expected.2.is_empty() { message.is_empty() } else { message.contains(expected.2) };
    assert!(as_expected, "{row}: {phase} {value:?} {message:?}, and not {expected:?}");
}

/// JSON with what stands in it.
fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}
