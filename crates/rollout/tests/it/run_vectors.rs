//! AnalysisRuns by the tables of spec analysis-05, transcribed into `fixtures/analysis`, through the public interface.

use std::time::Duration;

use aviary_rollout::Timestamp;
use aviary_rollout::analysis::{Ask, How, Outcome, Reading, RunDecision, assess, due};
use crd::{AnalysisPhase, AnalysisRun, Measurement, MetricResult, Time};
use serde_json::{Value, json};

const METRIC_PHASES: &str = include_str!("../../../../fixtures/analysis/metric_phases.txt");
const SEQUENCES: &str = include_str!("../../../../fixtures/analysis/sequences.txt");

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
        let split = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
        let number = word[split..].parse().unwrap_or(0);
        match &word[..split] {
            "F" => result.failed = number,
            "I" => result.inconclusive = number,
            "S" => result.successful = number,
            "C" => result.count = number,
            "cE" => result.consecutive_error = number,
            "cS" => result.consecutive_success = number,
            "last" => result.measurements = vec![measurement(phase(words.next().unwrap()), Some(1))],
            "flying" => result.measurements = vec![measurement(AnalysisPhase::Running, None)],
            "done" => result.phase = Some(phase(words.next().unwrap())),
            "none" => {}
            other => panic!("{other}"),
        }
    }
    result
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(" ¦ ").collect())
}

#[test]
fn a_metric_stands_where_its_counters_and_limits_put_it() {
    let mut count = 0;
    for row in rows(METRIC_PHASES) {
        for (terminate, wanted) in [(false, row[3]), (true, row[4])] {
            let mut run = run(row[1]);
            run.spec.terminate = terminate;
            run.status.metric_results = vec![result(row[2])];
            run.status.phase = Some(AnalysisPhase::Running);
            let status = assess(&run, Ok(&[]), now()).status.unwrap();
            assert_eq!(status.metric_results[0].phase, Some(phase(wanted)), "{row:?}, terminate {terminate}");
            count += 1;
        }
    }
    println!("{count} phases of metrics agree");
    assert_eq!(count, 70);
}

/// The answer that gives this verdict under the conditions of [`run`].
fn reading(ask: &Ask, verdict: &str, at: Timestamp) -> Reading {
    let outcome = match verdict {
        "S" => Outcome::Value(value(1.0)),
        "F" => Outcome::Value(value(0.0)),
        "I" => Outcome::Value(value(2.0)),
        _ => Outcome::Error("connection refused".into()),
    };
    Reading {
        name: ask.name.clone(),
        asked: ask.fill(&std::collections::BTreeMap::new()).unwrap(),
        outcome,
        value: verdict.into(),
        metadata: std::collections::BTreeMap::new(),
        about: std::collections::BTreeMap::new(),
        resume_at: None,
        started_at: at,
        finished_at: at,
    }
}

fn value(number: f64) -> expr::Value {
    expr::Value::Float(number)
}

/// One pass: everything due is answered so.
fn pass(run: &mut AnalysisRun, verdict: &str, at: Timestamp) -> RunDecision {
    let readings: Vec<Reading> = due(run, at).iter().map(|ask| reading(ask, verdict, at)).collect();
    let decision = assess(run, Ok(&readings), at);
    if let Some(status) = &decision.status {
        run.status.clone_from(status);
    }
    decision
}

#[test]
fn a_sequence_of_measurements_ends_as_the_table_says() {
    let mut count = 0;
    for row in rows(SEQUENCES) {
        let mut run = run(row[1]);
        let mut at = now();
        for verdict in row[2].split(' ') {
            assert_eq!(due(&run, at).len(), 1, "{row:?}: another measurement is due");
            let _ = pass(&mut run, verdict, at);
            at += Duration::from_secs(61);
        }
        let result = &run.status.metric_results[0];
        assert_eq!(result.phase, Some(phase(row[3])), "{row:?}");
        assert!(due(&run, at).is_empty(), "{row:?}: it is over");
        for word in row[4].split(' ') {
            let split = word.find(|c: char| c.is_ascii_digit()).unwrap();
            let given = match &word[..split] {
                "S" => result.successful,
                "F" => result.failed,
                "I" => result.inconclusive,
                "E" => result.error,
                "C" => result.count,
                "cE" => result.consecutive_error,
                _ => result.consecutive_success,
            };
            assert_eq!(given, word[split..].parse::<i32>().unwrap(), "{row:?} {word}");
        }
        count += 1;
    }
    println!("{count} sequences agree");
    assert_eq!(count, 12);
}

fn of(metrics: &Value) -> AnalysisRun {
    serde_json::from_value(json!({"metadata": {"name": "r"}, "spec": {"metrics": metrics}})).unwrap()
}

fn metric(name: &str, fields: &Value) -> Value {
    let mut metric = json!({"name": name, "provider": {"prometheus": {"query": "q"}},
        "successCondition": "result == 1", "failureCondition": "result == 0"});
    metric.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    metric
}

fn end(run: &AnalysisRun) -> (AnalysisPhase, &str) {
    (run.status.phase.unwrap(), run.status.message.as_str())
}

#[test]
fn a_run_without_one_successful_measurement_is_never_successful() {
    let mut run = of(&json!([metric("m", &json!({"failureLimit": 1}))]));
    let _ = pass(&mut run, "F", now());
    assert_eq!(end(&run), (AnalysisPhase::Inconclusive, "No measurement was successful"));
    let mut run = of(&json!([metric("m", &json!({"failureLimit": 1}))]));
    run.metadata.annotations.insert("aviary.dev/accept-no-success".into(), "true".into());
    let _ = pass(&mut run, "F", now());
    assert_eq!(end(&run), (AnalysisPhase::Successful, ""));
}

#[test]
fn a_metric_that_fails_ends_its_siblings_in_the_next_pass_and_gives_the_message() {
    let mut run = of(&json!([metric("slow", &json!({"interval": "60s"})), metric("bad", &json!({}))]));
    let asks = due(&run, now());
    let readings = [reading(&asks[0], "S", now()), reading(&asks[1], "F", now())];
    let decision = assess(&run, Ok(&readings), now());
    let reasons: Vec<_> = decision.events.iter().map(|event| event.reason).collect();
    assert_eq!(reasons, ["MetricFailed"]);
    run.status = decision.status.unwrap();
    assert_eq!(end(&run), (AnalysisPhase::Running, ""));
    let _ = pass(&mut run, "S", now());
    let message = "Metric \"bad\" assessed Failed due to failed (1) > failureLimit (0)";
    assert_eq!(end(&run), (AnalysisPhase::Failed, message));
    assert_eq!(run.status.completed_at, Some(Time::from(now())));
}

#[test]
fn dry_run_metrics_count_for_nothing() {
    let mut run = of(&json!([metric("errors", &json!({})), metric("good", &json!({}))]));
    run.spec.dry_run = vec![crd::DryRun { metric_name: "err".into() }];
    let asks = due(&run, now());
    let readings = [reading(&asks[0], "F", now()), reading(&asks[1], "S", now())];
    run.status = assess(&run, Ok(&readings), now()).status.unwrap();
    assert_eq!(end(&run), (AnalysisPhase::Successful, ""));
    let result = &run.status.metric_results[0];
    assert_eq!(result.message, "Metric assessed Failed due to failed (1) > failureLimit (0)");
    let dry = run.status.dry_run_summary.clone().unwrap();
    assert_eq!((dry.count, dry.failed, run.status.run_summary.successful), (1, 1, 1));
}

#[test]
fn a_run_that_cannot_be_measured_says_why_and_gets_no_times() {
    let cases = [
        (json!([]), "Analysis spec invalid: no metrics specified"),
        (json!([{"name": "m"}]), "Analysis spec invalid: metrics[0]: no provider specified"),
        (
            json!([metric("m", &json!({"count": 1, "failureLimit": 2}))]),
            "Analysis spec invalid: metrics[0]: count (1) must be >= failureLimit + consecutiveSuccessLimit (2 + 0) \
             if both >= 0",
        ),
        (
            json!([metric("m", &json!({"interval": "60s-typo"}))]),
            "Analysis spec invalid: metrics[0]: invalid interval string: time: unknown unit \"s-typo\" in duration \
             \"60s-typo\"",
        ),
        (
            json!([metric("m", &json!({"successCondition": "{{args.a}} {{args.b}}"}))]),
            "Unable to resolve metric arguments: failed to resolve {{args.b}}",
        ),
    ];
    for (metrics, message) in cases {
        let mut run = of(&metrics);
        assert!(due(&run, now()).is_empty());
        let decision = pass(&mut run, "S", now());
        assert_eq!(end(&run), (AnalysisPhase::Error, message));
        assert_eq!((run.status.started_at, run.status.completed_at), (None, None));
        assert_eq!(decision.events[0].message, "Analysis Completed. Result: Error");
    }
    let mut run = of(&json!([metric("success-rate", &json!({}))]));
    run.spec.dry_run = vec![crd::DryRun { metric_name: "*".into() }];
    let _ = pass(&mut run, "S", now());
    assert_eq!(run.status.message, "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)");
}

#[test]
fn secrets_are_asked_for_put_in_and_blanked_in_messages() {
    let mut run =
        of(&json!([metric("m", &json!({"provider": {"web": {"url": "http://x/{{args.token}}"}}}))]));
    run.spec.args = serde_json::from_value(
        json!([{"name": "token", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]),
    )
    .unwrap();
    let ask = due(&run, now()).remove(0);
    let missing = ask.fill(&std::collections::BTreeMap::new()).unwrap_err();
    assert_eq!(missing, "key 'k' does not exist in secret 's'");
    let ended = assess(&run, Err(&missing), now()).status.unwrap();
    assert_eq!(ended.message, format!("Unable to resolve metric arguments: {missing}"));
    let secrets = [(ask.secrets[0].clone(), "12345".to_owned())].into();
    let asked = ask.fill(&secrets).unwrap();
    assert_eq!(asked.metric.provider["web"]["url"], "http://x/12345");
    let outcome = Outcome::Error("Error with Header Value: 12345".into());
    let reading = Reading {
        name: "m".into(),
        asked,
        outcome,
        value: String::new(),
        metadata: std::collections::BTreeMap::default(),
        about: std::collections::BTreeMap::default(),
        resume_at: None,
        started_at: now(),
        finished_at: now(),
    };
    let status = assess(&run, Ok(&[reading]), now()).status.unwrap();
    assert_eq!(status.metric_results[0].measurements[0].message, "Error with Header Value: *****");
}

#[test]
fn an_initial_delay_runs_from_the_first_pass() {
    let mut run = of(&json!([metric("m", &json!({"initialDelay": "20s"}))]));
    assert!(due(&run, now()).is_empty());
    let decision = pass(&mut run, "S", now());
    assert_eq!(decision.requeue_after, Some(Duration::from_secs(20)));
    assert!(due(&run, now() + Duration::from_secs(10)).is_empty());
    assert_eq!(due(&run, now() + Duration::from_secs(20))[0].how, How::New);
}

#[test]
fn a_measurement_in_flight_is_resumed_when_its_time_has_come_and_terminated_when_the_run_ends() {
    let mut run = of(&json!([metric("m", &json!({}))]));
    let ask = due(&run, now()).remove(0);
    let resume_at = Some(now() + Duration::from_secs(10));
    let running = Reading { outcome: Outcome::Running, resume_at, ..reading(&ask, "S", now()) };
    let decision = assess(&run, Ok(&[running]), now());
    assert_eq!(decision.requeue_after, Some(Duration::from_secs(10)));
    run.status = decision.status.unwrap();
    assert!(due(&run, now()).is_empty());
    assert!(matches!(due(&run, now() + Duration::from_secs(10))[0].how, How::Resume(_)));
    run.spec.terminate = true;
    let ask = due(&run, now()).remove(0);
    assert!(matches!(ask.how, How::Terminate(_)));
    let ended = Reading {
        outcome: Outcome::Verdict(AnalysisPhase::Inconclusive, String::new()),
        ..reading(&ask, "S", now())
    };
    run.status = assess(&run, Ok(&[ended]), now()).status.unwrap();
    let message = "Metric \"m\" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0): \
                   \"Error Message: Metric Terminated\"";
    assert_eq!(end(&run), (AnalysisPhase::Inconclusive, message));
    assert_eq!(run.status.metric_results[0].measurements.len(), 1);
}

#[test]
fn the_newest_measurements_are_kept_and_the_counters_count_all() {
    let mut run =
        of(&json!([metric("m", &json!({"interval": "60s"})), metric("n", &json!({"interval": "60s"}))]));
    run.spec.measurement_retention = vec![crd::MeasurementRetention { metric_name: "n".into(), limit: 2 }];
    for i in 0..20 {
        let _ = pass(&mut run, "S", now() + Duration::from_secs(61 * i));
    }
    let kept: Vec<_> = run.status.metric_results.iter().map(|r| (r.measurements.len(), r.count)).collect();
    assert_eq!(kept, [(10, 20), (2, 20)]);
    assert_eq!(end(&run), (AnalysisPhase::Running, ""));
}

#[test]
fn a_finished_run_goes_a_second_after_its_time() {
    let mut run = of(&json!([metric("m", &json!({}))]));
    run.spec.ttl_strategy = Some(crd::TtlStrategy {
        seconds_after_completion: Some(100),
        seconds_after_success: Some(60),
        seconds_after_failure: None,
    });
    let _ = pass(&mut run, "S", now());
    let at = |seconds| assess(&run, Ok(&[]), now() + Duration::from_secs(seconds)).delete;
    assert_eq!([at(59), at(60), at(61)], [false, false, true]);
}
