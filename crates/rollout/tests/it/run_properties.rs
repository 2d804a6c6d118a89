//! What holds for every AnalysisRun, whatever its metrics are and whatever is read.

use std::collections::BTreeMap;
use std::time::Duration;

use aviary_rollout::analysis::{Outcome, Reading, RunDecision, assess, due};
use aviary_rollout::{Settings, Timestamp};
use crd::{AnalysisPhase, AnalysisRun, AnalysisRunStatus, MetricResult};
use proptest::prelude::*;
// The same cases every time.
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

/// A number that a manifest may hold; most are small and good, so that most runs are valid.
fn number(good: std::ops::Range<i32>) -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => Just(Value::Null),
        6 => good.prop_map(Value::from),
        1 => (-2..1i32).prop_map(Value::from),
        1 => prop_oneof![Just("2"), Just("abc"), Just("99999999999")].prop_map(Value::from),
    ]
}

fn metric() -> impl Strategy<Value = Value> {
    let interval = prop_oneof![
        2 => Just(""), 4 => Just("10s"), 2 => Just("60s"), 1 => Just("1ns"), 1 => Just("0s"), 1 => Just("100000h"),
    ];
    let delay = prop_oneof![4 => Just(""), 1 => Just("5s"), 1 => Just("1h")];
    let limits = (number(0..3), number(0..3), number(0..5), number(0..3));
    let conditions = prop_oneof![
        Just(("result == 1", "result == 0")),
        Just(("result == 1", "")),
        Just(("", "result == 0")),
        Just(("", "")),
    ];
    (number(1..7), interval, delay, limits, conditions).prop_map(
        |(count, interval, delay, limits, (good, bad))| {
            let mut metric = json!({
                "count": count, "interval": interval, "initialDelay": delay,
                "failureLimit": limits.0, "inconclusiveLimit": limits.1,
                "consecutiveErrorLimit": limits.2, "consecutiveSuccessLimit": limits.3,
                "successCondition": good, "failureCondition": bad, "provider": {"prometheus": {"query": "q"}},
            });
            metric.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            metric
        },
    )
}

/// Up to three metrics, some of which count for nothing.
fn run() -> impl Strategy<Value = AnalysisRun> {
    let metrics = proptest::collection::vec((metric(), proptest::bool::weighted(0.25)), 1..4);
    metrics.prop_map(|metrics| {
        let mut dry_run = Vec::new();
        let mut named = Vec::new();
        for (index, (mut metric, dry)) in metrics.into_iter().enumerate() {
            metric["name"] = json!(format!("m{index}"));
            dry_run.extend(dry.then(|| json!({"metricName": format!("m{index}")})));
            named.push(metric);
        }
        let run = json!({"metadata": {"name": "r"}, "spec": {"metrics": named, "dryRun": dry_run}});
        serde_json::from_value(run).unwrap()
    })
}

/// What happens in one pass.
#[derive(Clone, Debug)]
struct Step {
    /// What each metric system says.
    answers: Vec<u8>,
    /// The controller dies before it has written the status, and other things are read the next time.
    dies: bool,
    /// Somebody ends the run.
    terminates: bool,
    /// Milliseconds that the pass comes late.
    late: u64,
}

fn step() -> impl Strategy<Value = Step> {
    let answers = proptest::collection::vec(0..7u8, 3);
    (answers, proptest::bool::weighted(0.2), proptest::bool::weighted(0.03), 0..1_500u64)
        .prop_map(|(answers, dies, terminates, late)| Step { answers, dies, terminates, late })
}

fn outcome(answer: u8) -> Outcome {
    let value = |number: f64| Outcome::Value(expr::Value::Float(number));
    match answer {
        0 | 1 => value(1.0),
        2 => value(0.0),
        3 => value(2.0),
        4 => Outcome::Error("connection refused".to_owned()),
        5 => Outcome::Verdict(AnalysisPhase::Inconclusive, String::new()),
        _ => Outcome::Running,
    }
}

/// What the metric systems say to everything that is due.
fn readings(run: &AnalysisRun, answers: &[u8], now: Timestamp) -> Vec<Reading> {
    let read = |(ask, answer): (aviary_rollout::analysis::Ask, &u8)| Reading {
        asked: ask.fill(&BTreeMap::new()).unwrap(),
        name: ask.name,
        outcome: outcome(*answer),
        value: String::new(),
        metadata: BTreeMap::new(),
        about: BTreeMap::new(),
        resume_at: Some(now + Duration::from_secs(3)),
        started_at: now,
        finished_at: now,
    };
    due(run, now).into_iter().zip(answers.iter().cycle()).map(read).collect()
}

fn over(status: &AnalysisRunStatus) -> bool {
    status.phase.is_some_and(AnalysisPhase::completed)
}

fn counters(result: &MetricResult) -> [i32; 5] {
    [result.count, result.successful, result.failed, result.inconclusive, result.error]
}

/// What one pass may do to the result of a metric.
fn check_result(before: &MetricResult, after: &MetricResult, ended: usize) -> Result<(), TestCaseError> {
    prop_assert_eq!(after.count, after.successful + after.failed + after.inconclusive);
    prop_assert!(after.consecutive_error <= after.error && after.consecutive_success <= after.successful);
    for (before, after) in counters(before).into_iter().zip(counters(after)) {
        prop_assert!(before <= after, "a counter fell: {} to {}", before, after);
    }
    let measured = |result: &MetricResult| result.count + result.error;
    prop_assert_eq!(
        measured(after) - measured(before),
        i32::try_from(ended).unwrap(),
        "counted twice, or not at all"
    );
    if before.phase.is_some_and(AnalysisPhase::completed) {
        prop_assert_eq!((before.phase, counters(before)), (after.phase, counters(after)));
    }
    Ok(())
}

/// What one pass may do to the status of a run.
fn check(run: &AnalysisRun, read: &[Reading], decision: &RunDecision) -> Result<(), TestCaseError> {
    let Some(status) = &decision.status else { return Ok(()) };
    if status.message.starts_with("Analysis spec invalid") {
        return Ok(());
    }
    for after in &status.metric_results {
        let of = |results: &[MetricResult]| results.iter().find(|result| result.name == after.name).cloned();
        let before = of(&run.status.metric_results).unwrap_or_default();
        let answered = read.iter().filter(|reading| reading.name == after.name);
        check_result(&before, after, answered.filter(|reading| reading.outcome != Outcome::Running).count())?;
        prop_assert!(after.measurements.len() <= 10);
    }
    let real = |result: &&MetricResult| !result.dry_run;
    let good = status.metric_results.iter().filter(real).any(|result| result.successful > 0);
    let counts = run.spec.metrics.len() > run.spec.dry_run.len();
    if counts && !good && status.phase == Some(AnalysisPhase::Successful) {
        prop_assert!(run.spec.terminate, "I9: {:?}", status);
    }
    // Each pass asks something, waits a positive time, or has brought news that wake the next one.
    prop_assert!(decision.requeue_after.is_none_or(|wait| !wait.is_zero()));
    let flying = status
        .metric_results
        .iter()
        .any(|result| result.measurements.last().is_some_and(|last| last.finished_at.is_none()));
    prop_assert!(
        over(status) || flying || decision.requeue_after.is_some() || *status != run.status,
        "nothing wakes it"
    );
    Ok(())
}

/// A moment later, as it is read back from the API server.
fn store(run: &mut AnalysisRun, status: AnalysisRunStatus) {
    let written = serde_json::to_value(status).unwrap();
    run.status = serde_json::from_value(written).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default() })]

    /// Nothing panics, counters only grow and count what was read once, what is over stays as it is, and no pass is in
    /// vain more than twice in a row.
    #[test]
    fn whatever_is_read_a_run_counts_it_once_and_comes_to_its_end(
        mut run in run(), steps in proptest::collection::vec(step(), 1..40),
    ) {
        let settings = Settings::default();
        let mut now = Timestamp::from_second(1_790_000_000).unwrap();
        let (mut idle, mut stale) = (0, Vec::new());
        for step in steps {
            run.spec.terminate |= step.terminates;
            let read = readings(&run, &step.answers, now);
            let decision = assess(&run, Ok(&read), &settings, now);
            prop_assert_eq!(&decision, &assess(&run, Ok(&read), &settings, now));
            check(&run, &read, &decision)?;
            if step.dies {
                // What was read is lost, and nothing of it counts: the next pass reads and judges anew.
                now += Duration::from_millis(step.late);
                continue;
            }
            let status = decision.status.unwrap();
            let news = status != run.status;
            stale.extend(read.iter().cloned());
            store(&mut run, status);
            if over(&run.status) {
                break;
            }
            idle = if read.is_empty() { idle + 1 } else { 0 };
            let wait = decision.requeue_after.unwrap_or(Duration::from_secs(1));
            prop_assert!(idle < 4 || news || decision.requeue_after.is_none(), "{idle} passes in vain: {run:?}");
            now += wait + Duration::from_millis(step.late);
        }
        if over(&run.status) {
            let after = assess(&run, Ok(&stale), &settings, now + Duration::from_secs(3_600));
            prop_assert_eq!(after, RunDecision::default(), "a run that is over stays as it is");
            prop_assert!(due(&run, now + Duration::from_secs(3_600)).is_empty());
        }
    }
}
