//! Where runs differ from the peer's on purpose, beside I9 (crates/rollout/DEVIATIONS.md).

use std::collections::BTreeMap;

use aviary_rollout::analysis::{assess, due};
use crd::{AnalysisPhase, AnalysisRun, SecretKeyRef};
use serde_json::{Value, json};

use super::{now, reading, strict};

/// A run of one metric with an argument `a` from a Secret.
fn run(metric: &Value) -> AnalysisRun {
    let mut fields = json!({"name": "m", "provider": {"prometheus": {"query": "q"}}});
    crate::harness::merge(&mut fields, metric);
    let args = json!([{"name": "a", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]);
    serde_json::from_value(json!({"metadata": {"name": "r"}, "spec": {"metrics": [fields], "args": args}}))
        .unwrap()
}

#[test]
fn a_secret_is_read_for_a_measurement_and_not_before() {
    let mut run = run(&json!({"initialDelay": "20s"}));
    assert!(due(&run, now()).is_empty(), "nobody asks for the Secret");
    run.status = assess(&run, Ok(&[]), &strict(), now()).status.unwrap();
    assert_eq!(run.status.phase, Some(AnalysisPhase::Running));
    let later = now() + std::time::Duration::from_secs(20);
    let asks = due(&run, later);
    assert_eq!(asks[0].secrets, [SecretKeyRef { name: "s".to_owned(), key: "k".to_owned() }]);
    let missing = asks[0].fill(&BTreeMap::new()).unwrap_err();
    let status = assess(&run, Err(&missing), &strict(), later).status.unwrap();
    assert_eq!(status.phase, Some(AnalysisPhase::Error));
    assert_eq!(status.message, "Unable to resolve metric arguments: key 'k' does not exist in secret 's'");
}

#[test]
fn a_metric_named_after_a_secret_is_known_by_the_placeholder() {
    let mut run = run(&json!({"name": "{{args.a}}"}));
    let ask = due(&run, now()).remove(0);
    let secrets = BTreeMap::from([(ask.secrets[0].clone(), "hidden".to_owned())]);
    let asked = ask.fill(&secrets).unwrap();
    assert_eq!(asked.metric.name, "hidden", "the metric system is given the real name");
    let read = reading(&ask, asked, "S", now());
    run.status = assess(&run, Ok(&[read]), &strict(), now()).status.unwrap();
    assert_eq!(run.status.metric_results[0].name, "temp-for-secret");
    assert_eq!(run.status.phase, Some(AnalysisPhase::Successful));
    assert!(!serde_json::to_string(&run).unwrap().contains("hidden"));
}

#[test]
fn a_rule_with_a_class_of_unicode_matches_nothing() {
    let mut run = run(&json!({}));
    run.spec.dry_run = vec![crd::DryRun { metric_name: "\\p{L}".to_owned() }];
    let status = assess(&run, Ok(&[]), &strict(), now()).status.unwrap();
    assert_eq!(status.message, "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)");
}

#[test]
fn a_rule_whose_pattern_is_too_large_is_named() {
    let pattern = "(?:(?:a?){100}){500}|m".to_owned();
    let too_large = "error parsing regexp: expression too large: `(?:(?:a?){100}){500}|m`";
    let mut invalid = run(&json!({}));
    invalid.spec.dry_run = vec![crd::DryRun { metric_name: pattern.clone() }];
    assert!(
        !aviary_rollout::analysis::is_dry_run(&invalid, "m"),
        "no scrape of the metrics matches it either"
    );
    let status = assess(&invalid, Ok(&[]), &strict(), now()).status.unwrap();
    assert_eq!(status.message, format!("Analysis spec invalid: dryRun[0]: {too_large}"));
    let mut invalid = run(&json!({}));
    invalid.spec.measurement_retention = vec![crd::MeasurementRetention { metric_name: pattern, limit: 1 }];
    let status = assess(&invalid, Ok(&[]), &strict(), now()).status.unwrap();
    assert_eq!(status.message, format!("Analysis spec invalid: measurementRetention[0]: {too_large}"));
}

/// A status may not become larger than this, for it is stored with its spec in 1.5 MiB.
fn fits(run: &AnalysisRun) {
    let length = serde_json::to_string(&run.status).unwrap().len();
    assert!(length < 700_000, "{length} bytes");
}

#[test]
fn a_status_of_long_values_keeps_within_its_room_and_the_newest_is_whole() {
    let mut run = run(&json!({"interval": "10s", "successCondition": "result == 1"}));
    run.spec.measurement_retention =
        vec![crd::MeasurementRetention { metric_name: "m".to_owned(), limit: 50 }];
    let long = "\"value\", ".repeat(6_000);
    for pass in 0..60 {
        let now = now() + std::time::Duration::from_secs(20 * pass);
        let ask = due(&run, now).remove(0);
        let secrets = BTreeMap::from([(ask.secrets[0].clone(), "hidden".to_owned())]);
        let asked = ask.fill(&secrets).unwrap();
        let mut read = reading(&ask, asked, "S", now);
        read.value.clone_from(&long);
        run.status = assess(&run, Ok(&[read]), &strict(), now).status.unwrap();
        fits(&run);
        let result = &run.status.metric_results[0];
        assert_eq!(
            (i64::from(result.count), &result.measurements.last().unwrap().value),
            (pass as i64 + 1, &long)
        );
    }
    let measurements = &run.status.metric_results[0].measurements;
    let shortened =
        |value: &str| value.len() < 300 && value.starts_with("\"value") && value.contains("shortened");
    let short = measurements.iter().take_while(|it| shortened(&it.value)).count();
    assert_eq!((measurements.len(), short), (50, 43), "the oldest are short");
    assert!(measurements[short..].iter().all(|it| it.value == long), "and only they");
}

#[test]
fn more_measurements_than_a_status_has_room_for_go_although_they_are_to_be_kept() {
    let mut run = run(&json!({"interval": "10s", "successCondition": "result == 1"}));
    run.spec.measurement_retention =
        vec![crd::MeasurementRetention { metric_name: "m".to_owned(), limit: 9_000 }];
    let old = crd::Measurement {
        phase: Some(AnalysisPhase::Successful),
        started_at: Some(crd::Time::from(now())),
        finished_at: Some(crd::Time::from(now())),
        value: "1".repeat(100),
        ..crd::Measurement::default()
    };
    let newest = crd::Measurement { value: "2".repeat(60_000), ..old.clone() };
    let measurements = [vec![old; 8_000], vec![newest.clone()]].concat();
    run.status.metric_results = vec![crd::MetricResult {
        name: "m".to_owned(),
        count: 8_001,
        measurements,
        ..crd::MetricResult::default()
    }];
    run.status.phase = Some(AnalysisPhase::Running);
    let decision = assess(&run, Ok(&[]), &strict(), now());
    run.status = decision.status.unwrap();
    fits(&run);
    let result = &run.status.metric_results[0];
    assert_eq!((result.count, result.measurements.last()), (8_001, Some(&newest)));
    assert!(result.measurements.len() > 1_000, "{} are left", result.measurements.len());
    let kept: Vec<usize> = decision.trimmed.iter().map(|trimmed| trimmed.kept).collect();
    assert_eq!(kept, [result.measurements.len()], "what a provider keeps of the others may go");
}

#[test]
fn newest_values_of_many_metrics_are_shortened_and_never_what_a_measurement_goes_on_from() {
    let mut run = run(&json!({"interval": "10s", "successCondition": "result == 1"}));
    let metric = run.spec.metrics[0].clone();
    let result = |at: usize| {
        let newest = crd::Measurement {
            phase: Some(AnalysisPhase::Successful),
            started_at: Some(crd::Time::from(now())),
            finished_at: Some(crd::Time::from(now())),
            value: "v".repeat(60_000 + at),
            ..crd::Measurement::default()
        };
        crd::MetricResult {
            name: format!("m{at}"),
            measurements: vec![newest],
            ..crd::MetricResult::default()
        }
    };
    run.spec.metrics = (0..26).map(|at| crd::Metric { name: format!("m{at}"), ..metric.clone() }).collect();
    run.status.phase = Some(AnalysisPhase::Running);
    run.status.metric_results = (0..26).map(result).collect();
    let under_way = &mut run.status.metric_results[25].measurements[0];
    (under_way.phase, under_way.finished_at) = (Some(AnalysisPhase::Running), None);
    let under_way = under_way.clone();
    let judge = "j".repeat(90_000);
    let compared = &mut run.status.metric_results[24].measurements[0].metadata;
    for key in ["aviary.dev/judge", "aviary.dev/figures", "summary"] {
        compared.insert(key.to_owned(), judge.clone());
    }
    run.status = assess(&run, Ok(&[]), &strict(), now()).status.unwrap();
    fits(&run);
    let newest: Vec<&crd::Measurement> =
        run.status.metric_results.iter().map(|result| &result.measurements[0]).collect();
    assert_eq!(newest[25], &under_way);
    let kept = |key: &str| newest[24].metadata[key] == judge;
    assert_eq!(["aviary.dev/judge", "aviary.dev/figures", "summary"].map(kept), [true, true, false]);
    let whole: Vec<usize> = (0..25).filter(|at| newest[*at].value.len() == 60_000 + at).collect();
    assert_eq!(whole, [0, 1, 2, 3], "the longest are short");
}

#[test]
fn a_time_beyond_the_end_of_time_is_no_time() {
    let mut run = run(&json!({"interval": "2562047h"}));
    run.status = serde_json::from_value(
        json!({"phase": "Running", "metricResults": [{"name": "m", "phase": "Running",
        "count": i32::MAX, "successful": i32::MAX,
        "measurements": [{"phase": "Successful", "finishedAt": "9999-12-30T00:00:00Z"}]}]}),
    )
    .unwrap();
    assert!(due(&run, now()).is_empty());
    assert!(assess(&run, Ok(&[]), &strict(), now()).requeue_after.is_some());
}
