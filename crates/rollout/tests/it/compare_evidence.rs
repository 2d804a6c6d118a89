//! Evidence goes on through a release: `falseAborts` holds for all its measurements together.

use std::sync::Arc;

use crd::{AnalysisPhase, Measurement, names};
use serde_json::{Value, json};

use crate::compare::Compared;
use crate::harness::{Cluster, yaml};

const GOOD: [f64; 4] = [1.0, 200.0, 9.0, 1800.0];
const EVIDENCE: &str = "aviary.dev/evidence";
const STATE: &str = "aviary.dev/judge";

/// Two steps that compare.
const STEPS: &str = "
replicas: 2
strategy: {canary: {steps: [
  {setWeight: 10}, {analysis: {templates: [{templateName: compare}]}},
  {setWeight: 50}, {analysis: {templates: [{templateName: compare}]}}]}}
";
const TEMPLATE: &str = "
metadata: {name: compare}
spec:
  args: [{name: of, value: a}]
  metrics:
  - name: compare
    provider: {plugin: {aviary/compare: {source: {prometheus: {address: 'http://p:9090'}}, warmup: 20s, metrics: [
      {name: errors, kind: proportion, canary: {bad: '{{args.of}}', total: b}, stable: {bad: c, total: d}}]}}}
";

fn judged(measurement: &Measurement) -> Value {
    serde_json::from_str(&measurement.metadata[STATE]).unwrap()
}

/// Windows that the judge was told, and how far its warm-up is.
fn windows(measurement: &Measurement) -> u64 {
    judged(measurement)["windows"].as_u64().unwrap()
}

#[test]
fn measurements_of_a_run_share_what_they_know() {
    let mut compared = Compared::new(json!({}));
    compared.run.spec.metrics[0].count = Some(yaml("3"));
    compared.run.spec.metrics[0].interval = "5s".to_owned();
    let passes = compared.until_over(200, |_| Ok(GOOD));
    assert_eq!(compared.phase(), Some(AnalysisPhase::Successful));
    let measurements = compared.measurements();
    assert_eq!(measurements.len(), 3);
    let last = measurements.last().unwrap();
    // One pass is no window: the first. No request was lost between two measurements.
    assert_eq!(windows(last), u64::try_from(passes).unwrap() - 1);
    assert!(measurements[..2].iter().all(|one| !one.metadata.contains_key(STATE)), "it is kept once");
}

#[test]
fn what_was_known_before_is_no_pass_of_a_measurement_without_a_window() {
    let mut once = Compared::new(json!({}));
    once.until_over(100, |_| Ok(GOOD));
    let mut compared = Compared::new(json!({}));
    compared.run.spec.metrics[0].count = Some(yaml("2"));
    compared.run.spec.metrics[0].interval = "10m".to_owned();
    compared.until_over(200, |_| Ok(GOOD));
    assert_eq!(compared.phase(), Some(AnalysisPhase::Successful));
    // Ten minutes later its first look makes no window, since nobody knows what the weight was meanwhile.
    assert_eq!(windows(&compared.measurements()[1]), windows(&once.measurements()[0]) + 1);
}

fn passes(cluster: &mut Cluster, count: usize) {
    for _ in 0..count {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.settle();
    }
}

/// Passes until there are so many runs, at most 30.
fn until_runs(cluster: &mut Cluster, runs: usize) {
    for _ in 0..30 {
        if cluster.runs.len() >= runs {
            return;
        }
        passes(cluster, 1);
    }
    panic!("{} runs: {:?}", cluster.runs.len(), cluster.rollout.status);
}

/// A release in its first step that compares.
fn released() -> Cluster {
    released_by(STEPS)
}

fn released_by(steps: &str) -> Cluster {
    let mut cluster = Cluster::new(steps);
    cluster.templates.namespaced.insert("compare".to_owned(), Arc::new(yaml(TEMPLATE)));
    let smoke = yaml("{metadata: {name: smoke}, spec: {metrics: [{name: smoke, provider: {job: {}}}]}}");
    cluster.templates.namespaced.insert("smoke".to_owned(), Arc::new(smoke));
    passes(&mut cluster, 8);
    cluster.set_image("demo:v2");
    until_runs(&mut cluster, 1);
    cluster
}

/// A person aborts and tries again, until there are so many runs.
fn given_up_and_retried(cluster: &mut Cluster, runs: usize) {
    cluster.edit(&json!({"status": {"abort": true}}));
    passes(cluster, 4);
    cluster.edit(&json!({"status": {"abort": false}}));
    until_runs(cluster, runs);
}

/// The newest run measures until it is over.
fn measure(cluster: &mut Cluster, grown: [f64; 4]) -> Compared {
    let mut compared = Compared::of(cluster.runs.last().unwrap().clone(), cluster.now);
    compared.until_over(400, |_| Ok(grown));
    *cluster.runs.last_mut().unwrap() = compared.run.clone();
    cluster.now = compared.now;
    compared
}

#[test]
fn a_step_goes_on_with_the_evidence_of_the_step_before_and_warms_up_anew() {
    let mut cluster = released();
    assert!(!cluster.runs[0].metadata.annotations.contains_key(EVIDENCE), "there was none before");
    let first = measure(&mut cluster, GOOD);
    assert_eq!(first.phase(), Some(AnalysisPhase::Successful));
    let known = windows(&first.measurements()[0]);
    until_runs(&mut cluster, 2);
    let handed: Value = serde_json::from_str(cluster.runs[1].metadata.annotation(EVIDENCE).unwrap()).unwrap();
    assert_eq!(handed, json!({"compare": judged(&first.measurements()[0])}));
    let mut second = Compared::of(cluster.runs[1].clone(), cluster.now);
    let passes = second.until_over(400, |_| Ok(GOOD));
    assert_eq!(second.phase(), Some(AnalysisPhase::Successful));
    // A first look, two windows of warm-up, and the three of `minWindows`: the rest was known.
    assert_eq!(passes, 1 + 2 + 3);
    assert_eq!(windows(&second.measurements()[0]), known + 2 + 3);
    let dropped = judged(&second.measurements()[0]);
    assert_eq!(dropped["metrics"][0]["units"][0]["seen"]["dropped"]["warm-up"], 4, "two of each step");
}

#[test]
fn a_regression_that_was_nearly_proven_fails_soon_in_the_next_step() {
    // Odds of about 30 : 1 after the first step, where it is ended by a person who skips it.
    let mut cluster = released();
    let mut first = Compared::of(cluster.runs[0].clone(), cluster.now);
    for _ in 0..8 {
        first.pass(Ok([3.0, 200.0, 9.0, 1800.0]));
    }
    assert_eq!(first.phase(), Some(AnalysisPhase::Running));
    let odds: f64 = first.measurements()[0].metadata["odds"].parse().unwrap();
    cluster.runs[0] = first.run;
    cluster.now = first.now;
    cluster.edit(&json!({"status": {"currentStepIndex": 2}}));
    until_runs(&mut cluster, 2);
    assert!(cluster.runs[0].spec.terminate);
    let mut second = Compared::of(cluster.runs[1].clone(), cluster.now);
    second.pass(Ok(GOOD));
    let now: f64 = second.measurements()[0].metadata["odds"].parse().unwrap();
    assert!(odds > 5.0 && (now - odds).abs() < 0.01, "{odds} {now}");
}

#[test]
fn another_attempt_begins_without_evidence() {
    let mut cluster = released();
    let failed = measure(&mut cluster, [20.0, 200.0, 9.0, 1800.0]);
    assert_eq!(failed.phase(), Some(AnalysisPhase::Failed));
    passes(&mut cluster, 4);
    assert!(cluster.rollout.status.abort);
    cluster.edit(&json!({"status": {"abort": false}}));
    until_runs(&mut cluster, 2);
    assert!(!cluster.runs[1].metadata.annotations.contains_key(EVIDENCE));
    // And so does the attempt after one that a person gave up in its second step.
    let _ = measure(&mut cluster, GOOD);
    until_runs(&mut cluster, 3);
    assert!(cluster.runs[2].metadata.annotations.contains_key(EVIDENCE));
    given_up_and_retried(&mut cluster, 4);
    assert!(!cluster.runs[3].metadata.annotations.contains_key(EVIDENCE));
}

#[test]
fn who_goes_on_after_it_could_not_tell_goes_on_with_what_was_known() {
    let mut cluster = released();
    let undecided = measure(&mut cluster, [0.0, 1.0, 0.0, 9.0]);
    assert_eq!(undecided.phase(), Some(AnalysisPhase::Inconclusive));
    passes(&mut cluster, 3);
    cluster.edit(&json!({"status": {"pauseConditions": null}}));
    until_runs(&mut cluster, 2);
    assert!(cluster.runs[1].metadata.annotations.contains_key(EVIDENCE));
}

#[test]
fn a_retry_after_it_could_not_tell_begins_without_evidence() {
    let mut cluster = released();
    let undecided = measure(&mut cluster, [0.0, 1.0, 0.0, 9.0]);
    assert_eq!(undecided.phase(), Some(AnalysisPhase::Inconclusive));
    passes(&mut cluster, 3);
    given_up_and_retried(&mut cluster, 2);
    assert!(!cluster.runs[1].metadata.annotations.contains_key(EVIDENCE));
}

#[test]
fn the_same_version_in_another_revision_begins_without_evidence() {
    let mut cluster = released();
    let _ = measure(&mut cluster, GOOD);
    cluster.runs[0].metadata.annotations.insert(names::REVISION.to_owned(), "7".to_owned());
    until_runs(&mut cluster, 2);
    assert!(!cluster.runs[1].metadata.annotations.contains_key(EVIDENCE));
}

#[test]
fn another_question_begins_without_evidence() {
    let mut cluster = released_by(
        "
replicas: 2
strategy: {canary: {steps: [
  {setWeight: 10}, {analysis: {templates: [{templateName: compare}], args: [{name: of, value: cart}]}},
  {setWeight: 50}, {analysis: {templates: [{templateName: compare}], args: [{name: of, value: checkout}]}}]}}",
    );
    let _ = measure(&mut cluster, GOOD);
    until_runs(&mut cluster, 2);
    assert!(!cluster.runs[1].metadata.annotations.contains_key(EVIDENCE));
}

#[test]
fn a_step_that_compares_nothing_in_between_loses_no_evidence() {
    let mut cluster = released_by(
        "
replicas: 2
strategy: {canary: {steps: [
  {setWeight: 10}, {analysis: {templates: [{templateName: compare}]}}, {analysis: {templates: [{templateName: smoke}]}},
  {setWeight: 50}, {analysis: {templates: [{templateName: compare}]}}, {analysis: {templates: [{templateName: compare}]}}]}}",
    );
    let first = measure(&mut cluster, GOOD);
    until_runs(&mut cluster, 2);
    cluster.runs[1].status.phase = Some(AnalysisPhase::Successful);
    until_runs(&mut cluster, 3);
    let handed = |cluster: &Cluster, run: usize| -> Value {
        serde_json::from_str(cluster.runs[run].metadata.annotation(EVIDENCE).unwrap()).unwrap()
    };
    assert_eq!(handed(&cluster, 2)["compare"], judged(&first.measurements()[0]));
    // Ended before its first look, by a person who skips it: what it was given goes on.
    cluster.edit(&json!({"status": {"currentStepIndex": 5}}));
    until_runs(&mut cluster, 4);
    assert_eq!(handed(&cluster, 3), handed(&cluster, 2));
}

#[test]
fn who_goes_on_after_a_fail_compares_anew() {
    let mut compared = Compared::new(json!({}));
    compared.run.spec.metrics[0].count = Some(yaml("2"));
    compared.run.spec.metrics[0].failure_limit = Some(yaml("1"));
    compared.run.spec.metrics[0].interval = "5s".to_owned();
    compared.until_over(200, |pass| Ok(if pass < 4 { [20.0, 200.0, 9.0, 1800.0] } else { GOOD }));
    let phases: Vec<_> = compared.measurements().iter().map(|it| it.phase.unwrap()).collect();
    // A fail is the last word of a judge: the second measurement has another one.
    assert_eq!(phases, [AnalysisPhase::Failed, AnalysisPhase::Successful]);
}

#[test]
fn a_source_that_tells_whole_windows_is_not_counted_twice() {
    let mut compared = Compared::new(json!({"source": {"cumulative": false}, "window": "30s"}));
    compared.run.spec.metrics[0].count = Some(yaml("20"));
    compared.run.spec.metrics[0].interval = "5s".to_owned();
    let began = compared.now;
    compared.until_over(400, |_| Ok(GOOD));
    let elapsed = compared.now.duration_since(began).as_secs();
    let last = compared.measurements().last().unwrap();
    assert_eq!(compared.run.status.metric_results[0].count, 20);
    assert!(i64::try_from(windows(last)).unwrap() * 30 <= elapsed, "{} in {elapsed} s", windows(last));
}

#[test]
fn a_failed_judge_does_not_come_back_over_an_error() {
    let mut compared = Compared::new(json!({}));
    let metric = &mut compared.run.spec.metrics[0];
    (metric.count, metric.failure_limit) = (Some(yaml("2")), Some(yaml("1")));
    // The figures are too old then for a gap: what cannot be read is an Error of its own.
    metric.interval = "1m".to_owned();
    let mut failed = None;
    for pass in 0..200 {
        let phases: Vec<_> =
            compared.run.status.metric_results.iter().flat_map(|it| &it.measurements).collect();
        failed = failed
            .or_else(|| phases.iter().any(|it| it.phase == Some(AnalysisPhase::Failed)).then_some(pass));
        compared.pass(match failed {
            None => Ok([20.0, 200.0, 9.0, 1800.0]),
            Some(at) if pass < at + 8 => Err("no answer"),
            Some(_) => Ok(GOOD),
        });
        if compared.phase().is_some_and(AnalysisPhase::completed) {
            break;
        }
    }
    let phases: Vec<_> = compared.measurements().iter().map(|it| it.phase.unwrap()).collect();
    let expected = [AnalysisPhase::Failed, AnalysisPhase::Error, AnalysisPhase::Successful];
    assert_eq!(phases, expected, "{:?}", compared.run.status.message);
}

#[test]
fn a_measurement_that_could_read_nothing_is_no_pass() {
    // From the second measurement on nobody answers.
    let mut compared = Compared::new(json!({}));
    compared.run.spec.metrics[0].count = Some(yaml("5"));
    compared.run.spec.metrics[0].interval = "5s".to_owned();
    for _ in 0..200 {
        let passed = compared.run.status.metric_results.first().is_some_and(|it| it.successful > 0);
        compared.pass(if passed { Err("no answer") } else { Ok(GOOD) });
    }
    assert_eq!(compared.run.status.metric_results[0].successful, 1, "{:?}", compared.measurements());
}
