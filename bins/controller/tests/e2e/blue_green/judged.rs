//! Analyses before and after the switch; the stand plays Prometheus.

use serde_json::{Value, json};

use super::{always_served, deploy, select, served};
use crate::harness::{Case, DEMO, Kind, Seen, tests, text};
use crate::metrics::Metrics;

tests! {
    a_version_is_switched_after_its_preview_was_judged,
    a_version_whose_preview_fails_is_never_served,
    a_version_is_stable_after_it_was_judged_in_service,
    a_version_that_fails_in_service_is_switched_back,
    a_full_promotion_does_not_wait_for_a_verdict,
}

/// A template that measures so many times, and a reference to it.
fn analysis(case: &Case<'_>, metrics: &Metrics, count: i64) -> Value {
    let provider = json!({"prometheus": {"address": metrics.address(), "query": "errors"}});
    case.create(
        Kind::ANALYSIS_TEMPLATE,
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "errors"},
            "spec": {"metrics": [{
                "name": "errors", "interval": "1s", "count": count, "successCondition": "result[0] < 0.1",
                "provider": provider,
            }]},
        }),
    );
    json!({"templates": [{"templateName": "errors"}]})
}

fn run(seen: &Seen) -> Value {
    let runs: Vec<&Value> = seen.all(Kind::ANALYSIS_RUN).collect();
    assert!(runs.len() < 2, "{runs:?}");
    runs.first().map_or(Value::Null, |run| (*run).clone())
}

fn a_version_is_switched_after_its_preview_was_judged(case: &Case<'_>) {
    let metrics = Metrics::start();
    let analysis = analysis(case, &metrics, 3);
    deploy(case, 2, json!({"prePromotionAnalysis": analysis}));
    case.release(DEMO, "2");
    let seen = case.until_healthy(DEMO);
    let (run, hash) = (run(&seen), seen.hash(DEMO, "2"));
    assert_eq!(text(&run["metadata"]["name"]), format!("demo-{hash}-2-pre"));
    assert_eq!(text(&run["metadata"]["labels"]["rollout-type"]), "PrePromotion");
    assert_eq!(run["status"]["phase"], "Successful");
    assert_eq!(seen.status(DEMO)["blueGreen"]["prePromotionAnalysisRunStatus"]["status"], "Successful");
    case.replay(|seen, _| {
        let switched = !seen.set(DEMO, "2").is_null() && seen.selects("active") == seen.hash(DEMO, "2");
        let judged = seen.all(Kind::ANALYSIS_RUN).any(|run| run["status"]["phase"] == "Successful");
        assert!(!switched || judged, "it was switched before its verdict");
    });
    always_served(case, 2);
}

fn a_version_whose_preview_fails_is_never_served(case: &Case<'_>) {
    let metrics = Metrics::start();
    let analysis = analysis(case, &metrics, 3);
    deploy(case, 2, json!({"prePromotionAnalysis": analysis, "abortScaleDownDelaySeconds": 1}));
    metrics.answer(1.0);
    case.release(DEMO, "2");
    let seen = case.until("its pods are gone", |seen| {
        seen.phase(DEMO) == "Degraded" && seen.versions(DEMO) == [("1".to_owned(), 2)]
    });
    let message = text(&seen.status(DEMO)["message"]);
    let begin = "RolloutAborted: Rollout aborted update to revision 2: \
                 Blue/green pre-promotion analysis phase error/failed: Metric \"errors\" assessed Failed";
    assert!(message.starts_with(begin), "{message}");
    assert_eq!(served(case), ["1"]);
    always_served(case, 2);
}

fn a_version_is_stable_after_it_was_judged_in_service(case: &Case<'_>) {
    let metrics = Metrics::start();
    let analysis = analysis(case, &metrics, 3);
    deploy(case, 2, json!({"postPromotionAnalysis": analysis, "scaleDownDelaySeconds": 1}));
    case.release(DEMO, "2");
    let seen = case.until("the old pods are gone", |seen| {
        seen.is_healthy(DEMO) && seen.versions(DEMO) == [("2".to_owned(), 2)]
    });
    assert_eq!(run(&seen)["status"]["phase"], "Successful");
    assert_eq!(text(&run(&seen)["metadata"]["labels"]["rollout-type"]), "PostPromotion");
    let mut judged = false;
    case.replay(|seen, _| {
        if seen.all(Kind::ANALYSIS_RUN).any(|run| run["status"]["phase"] == "Running") {
            judged = true;
            assert!(select(seen, "2", "2"), "it is judged before it serves");
            assert_eq!(seen.status(DEMO)["stableRS"], json!(seen.hash(DEMO, "1")));
            assert_eq!(seen.size(DEMO, "1"), 2);
        }
    });
    assert!(judged);
    always_served(case, 2);
}

fn a_version_that_fails_in_service_is_switched_back(case: &Case<'_>) {
    let metrics = Metrics::start();
    let analysis = analysis(case, &metrics, 100);
    deploy(case, 2, json!({"postPromotionAnalysis": analysis, "abortScaleDownDelaySeconds": 1}));
    case.release(DEMO, "2");
    case.until("it is judged in service", |seen| {
        select(seen, "2", "2") && run(seen)["status"]["phase"] == "Running"
    });
    metrics.answer(1.0);
    let seen = case.until("version 1 is served alone", |seen| {
        seen.phase(DEMO) == "Degraded"
            && seen.selects("active") == seen.hash(DEMO, "1")
            && seen.versions(DEMO) == [("1".to_owned(), 2)]
    });
    let message = text(&seen.status(DEMO)["message"]);
    assert!(message.contains("Blue/green post-promotion analysis phase error/failed: "), "{message}");
    assert_eq!(served(case), ["1", "2", "1"]);
    always_served(case, 2);
}

fn a_full_promotion_does_not_wait_for_a_verdict(case: &Case<'_>) {
    let metrics = Metrics::start();
    let analysis = analysis(case, &metrics, 1000);
    deploy(case, 2, json!({"prePromotionAnalysis": analysis}));
    case.release(DEMO, "2");
    case.until("it is judged", |seen| run(seen)["status"]["phase"] == "Running");
    case.user(&["promote", DEMO, "--full"]);
    let seen = case.until_healthy(DEMO);
    assert!(select(&seen, "2", "2"));
    case.until("the run was ended", |seen| run(seen)["spec"]["terminate"] == true);
    always_served(case, 2);
}
