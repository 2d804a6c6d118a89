//! Invariant I9: a run of which no measurement was successful is never Successful, unless that was asked for.

use aviary_rollout::Settings;
use aviary_rollout::analysis::{ACCEPT_NO_SUCCESS, Reading, assess, due};
use crd::{AnalysisPhase, AnalysisRun};
use serde_json::json;

use super::{now, plain_reading, strict};

/// One measurement, which is bad and tolerated.
fn run() -> AnalysisRun {
    let metric = json!({"name": "m", "failureLimit": 1, "provider": {"prometheus": {"query": "q"}},
        "successCondition": "result == 1"});
    serde_json::from_value(json!({"metadata": {"name": "r"}, "spec": {"metrics": [metric]}})).unwrap()
}

fn ends(run: &AnalysisRun, verdict: &str, settings: &Settings) -> (AnalysisPhase, String) {
    let readings: Vec<Reading> =
        due(run, now()).iter().map(|ask| plain_reading(ask, verdict, now())).collect();
    let status = assess(run, Ok(&readings), settings, now()).status.unwrap();
    (status.phase.unwrap(), status.message)
}

fn annotated(value: &str) -> AnalysisRun {
    let mut run = run();
    run.metadata.annotations.insert(ACCEPT_NO_SUCCESS.to_owned(), value.to_owned());
    run
}

const LENIENT: fn() -> Settings = || Settings { accept_no_success: true, ..Settings::default() };

#[test]
fn a_run_without_one_successful_measurement_is_never_successful() {
    let inconclusive = (AnalysisPhase::Inconclusive, "No measurement was successful".to_owned());
    assert_eq!(ends(&run(), "F", &strict()), inconclusive);
    let mut errors = run();
    errors.spec.metrics[0].count = Some((-1).into());
    assert_eq!(ends(&errors, "E", &strict()), inconclusive, "a negative count is reached by an error");
    assert_eq!(ends(&run(), "S", &strict()), (AnalysisPhase::Successful, String::new()));
}

#[test]
fn the_setting_lets_every_run_end_as_the_peers_does() {
    assert_eq!(ends(&run(), "F", &LENIENT()), (AnalysisPhase::Successful, String::new()));
}

#[test]
fn the_annotation_of_a_run_counts_more_than_the_setting() {
    assert_eq!(ends(&annotated("true"), "F", &strict()).0, AnalysisPhase::Successful);
    assert_eq!(ends(&annotated("false"), "F", &LENIENT()).0, AnalysisPhase::Inconclusive);
}
