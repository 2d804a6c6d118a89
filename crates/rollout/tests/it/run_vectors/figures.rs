//! Groups A and B: one metric by its counters and limits.

use std::time::Duration;

use aviary_rollout::Timestamp;
use aviary_rollout::analysis::{Reading, RunDecision, assess, due};
use crd::{AnalysisPhase, AnalysisRun, Measurement, MetricResult, Time};
use serde_json::json;

use super::{Rows, now, phase, plain_reading, strict};

const METRIC_PHASES: &str = include_str!("../../../../../fixtures/analysis/metric_phases.txt");
const SEQUENCES: &str = include_str!("../../../../../fixtures/analysis/sequences.txt");

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(" ¦ ").collect())
}

/// A run of one metric `m` written as in the tables.
fn run(metric: &str) -> AnalysisRun {
    let mut fields = json!({"name": "m", "successCondition": "result == 1", "failureCondition": "result == 0",
        "provider": {"prometheus": {"query": "q"}}});
    let names = [
        ("fL", "failureLimit"),
        ("iL", "inconclusiveLimit"),
        ("eL", "consecutiveErrorLimit"),
        ("sL", "consecutiveSuccessLimit"),
        ("cnt", "count"),
    ];
    for word in metric.split(' ').filter(|word| *word != "-") {
        match names.iter().find_map(|(short, name)| Some((name, word.strip_prefix(short)?))) {
            Some((name, number)) => fields[*name] = number.parse::<i32>().unwrap().into(),
            None => fields["interval"] = word.replace("int", "60s").into(),
        }
    }
    if fields.get("count").is_some() && fields.get("interval").is_none() {
        fields["interval"] = "60s".into();
    }
    serde_json::from_value(json!({"metadata": {"name": "r"}, "spec": {"metrics": [fields]}})).unwrap()
}

/// `F3` is `F` and 3.
fn split(word: &str) -> (&str, i32) {
    let at = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    (&word[..at], word[at..].parse().unwrap_or(0))
}

fn measurement(phase: AnalysisPhase, finished: Option<i64>) -> Measurement {
    Measurement {
        phase: Some(phase),
        finished_at: finished.map(|ago| Time::from(now()).plus_seconds(-ago)),
        ..Measurement::default()
    }
}

fn result(words: &str) -> MetricResult {
    let mut result =
        MetricResult { name: "m".into(), phase: Some(AnalysisPhase::Running), ..MetricResult::default() };
    let mut words = words.split(' ');
    while let Some(word) = words.next() {
        let (word, number) = split(word);
        match word {
            "F" => result.failed = number,
            "I" => result.inconclusive = number,
            "S" => result.successful = number,
            "C" => result.count = number,
            "cE" => result.consecutive_error = number,
            "cS" => result.consecutive_success = number,
            "last" => result.measurements = vec![measurement(phase(words.next().unwrap()), Some(1))],
            "flying" => {
                let earlier = measurement(AnalysisPhase::Successful, Some(60));
                result.measurements = vec![earlier, measurement(AnalysisPhase::Running, None)];
            }
            "done" => result.phase = Some(phase(words.next().unwrap())),
            "none" => {}
            other => panic!("{other}"),
        }
    }
    result
}

#[test]
fn a_metric_stands_where_its_counters_and_limits_put_it() {
    let mut all = Rows::default();
    for row in rows(METRIC_PHASES) {
        let mut wrong = Vec::new();
        for (terminate, wanted) in [(false, row[3]), (true, row[4])] {
            let mut run = run(row[1]);
            run.spec.terminate = terminate;
            run.status.metric_results = vec![result(row[2])];
            run.status.phase = Some(AnalysisPhase::Running);
            let status = assess(&run, Ok(&[]), &strict(), now()).status.unwrap();
            let found = status.metric_results[0].phase;
            if found != Some(phase(wanted)) {
                wrong.push(format!("{found:?} instead of {wanted}, terminate: {terminate}"));
            }
            if let Some(why) = row.get(5) {
                let text = format!("Metric \"m\" assessed {} due to {why}", phase(wanted).as_str());
                if status.message != text {
                    wrong.push(format!("{:?} instead of {text:?}", status.message));
                }
            }
        }
        all.row(row[0], &wrong);
    }
    all.end();
}

/// One pass: everything due is answered so.
fn pass(run: &mut AnalysisRun, verdict: &str, at: Timestamp) -> RunDecision {
    let readings: Vec<Reading> = due(run, at).iter().map(|ask| plain_reading(ask, verdict, at)).collect();
    let decision = assess(run, Ok(&readings), &strict(), at);
    if let Some(status) = &decision.status {
        run.status.clone_from(status);
    }
    decision
}

/// `S*3` is `S S S`.
fn sequence(words: &str) -> Vec<&str> {
    let repeat = |word| match str::split_once(word, '*') {
        Some((verdict, times)) => vec![verdict; times.parse().unwrap()],
        None => vec![word],
    };
    words.split(' ').flat_map(repeat).collect()
}

/// How one row went wrong.
fn carry_out(row: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut run = run(row[1]);
    let mut at = now();
    for verdict in sequence(row[2]) {
        if due(&run, at).len() != 1 {
            wrong.push(format!("nothing is due at {at}, before {verdict}"));
        }
        let decision = pass(&mut run, verdict, at);
        // An error is made up for after ten seconds, whatever the interval is.
        let next = Duration::from_secs(if verdict == "E" { 10 } else { 60 });
        let over = run.status.phase.is_some_and(AnalysisPhase::completed);
        if !over && decision.requeue_after != Some(next) {
            wrong.push(format!("{:?} instead of {next:?} after {verdict}", decision.requeue_after));
        }
        if !due(&run, at + next).is_empty() {
            wrong.push(format!("due again before {next:?} have passed"));
        }
        at += next + Duration::from_secs(1);
    }
    let result = &run.status.metric_results[0];
    if result.phase != Some(phase(row[3])) {
        wrong.push(format!("{:?} instead of {}", result.phase, row[3]));
    }
    if (row[3] == "R") == due(&run, at).is_empty() {
        wrong.push(format!("{:?} is due at the end", due(&run, at)));
    }
    for (name, wanted) in row[4].split(' ').map(split) {
        let found = match name {
            "S" => result.successful,
            "F" => result.failed,
            "I" => result.inconclusive,
            "E" => result.error,
            "C" => result.count,
            "cE" => result.consecutive_error,
            "cS" => result.consecutive_success,
            "kept" => i32::try_from(result.measurements.len()).unwrap(),
            other => panic!("{other}"),
        };
        if found != wanted {
            wrong.push(format!("{name} is {found} instead of {wanted}"));
        }
    }
    let message = run.status.message.as_str();
    if message != row[5].trim_start_matches('-') {
        wrong.push(format!("{message:?} instead of {:?}", row[5]));
    }
    wrong
}

#[test]
fn a_sequence_of_measurements_ends_as_the_table_says() {
    let mut all = Rows::default();
    for row in rows(SEQUENCES) {
        all.row(row[0], &carry_out(&row));
    }
    all.end();
}
