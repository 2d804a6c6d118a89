//! AnalysisRuns by the tables of spec analysis-05, transcribed into `fixtures/analysis`, through the public interface.
//!
//! Every case says its outcome in a line that `cargo xtask test vectors` counts.

mod cases;
mod differences;
mod figures;
mod ids;
mod no_success;

use std::collections::BTreeMap;

use aviary_rollout::analysis::{Ask, Filled, Outcome, Reading};
use aviary_rollout::{Settings, Timestamp};
use crd::AnalysisPhase;

use crate::vectors::report;

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn phase(letter: &str) -> AnalysisPhase {
    match letter {
        "S" => AnalysisPhase::Successful,
        "F" => AnalysisPhase::Failed,
        "I" => AnalysisPhase::Inconclusive,
        "E" => AnalysisPhase::Error,
        "R" => AnalysisPhase::Running,
        "P" => AnalysisPhase::Pending,
        other => panic!("{other}"),
    }
}

/// The answer that gives this verdict where 1 is good, 0 is bad, and anything else cannot tell.
fn reading(ask: &Ask, asked: Filled, verdict: &str, at: Timestamp) -> Reading {
    let (word, rest) = verdict.split_once(' ').unwrap_or((verdict, "connection refused"));
    let value = |number: f64| (Outcome::Value(expr::Value::Float(number)), number.to_string());
    let nothing = |outcome| (outcome, String::new());
    let (outcome, value) = match word {
        "S" => value(1.0),
        "F" => value(0.0),
        "I" => value(2.0),
        "E" => nothing(Outcome::Error(rest.to_owned())),
        "R" => nothing(Outcome::Running),
        "ended" => nothing(Outcome::Verdict(AnalysisPhase::Inconclusive, "it was deleted".to_owned())),
        other => panic!("{other}"),
    };
    let later = crd::duration::parse(rest).ok().filter(|_| word == "R");
    Reading {
        name: ask.name.clone(),
        asked,
        outcome,
        value,
        metadata: BTreeMap::new(),
        about: BTreeMap::new(),
        resume_at: later.map(|later| at + later),
        started_at: at,
        finished_at: at,
    }
}

/// The same, where no Secret is needed.
fn plain_reading(ask: &Ask, verdict: &str, at: Timestamp) -> Reading {
    reading(ask, ask.fill(&BTreeMap::new()).unwrap(), verdict, at)
}

/// Says how each row ended, then fails if one did not end as it should.
#[derive(Default)]
struct Rows(Vec<String>);

impl Rows {
    fn row(&mut self, id: &str, wrong: &[String]) {
        let outcome = if wrong.is_empty() { "passed" } else { "failed" };
        report(id, outcome, &wrong.join("; "));
        self.0.extend(wrong.iter().map(|wrong| format!("{id}: {wrong}")));
    }

    fn end(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

/// What the controller does unless it is told otherwise.
fn strict() -> Settings {
    Settings::default()
}
