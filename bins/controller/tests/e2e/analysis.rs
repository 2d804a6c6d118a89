//! Releases that are judged by measurement; the stand plays Prometheus.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, Seen, canary, int, tests, text, with};
use crate::metrics::Metrics;

tests! {
    a_step_waits_for_its_analysis_and_passes_with_it,
    a_release_whose_analysis_fails_is_given_up_and_a_retry_measures_again,
    a_measurement_in_the_background_gives_a_release_up,
    a_measurement_in_the_background_ends_with_the_release,
    an_analysis_without_a_verdict_waits_for_a_user,
    a_promotion_passes_an_analysis_that_is_not_over,
    a_template_that_is_missing_is_told_and_found_when_it_comes,
    a_metric_that_cannot_be_read_gives_a_release_up,
}

/// A template whose metric is good below 0.1 and bad above 0.9.
fn template(case: &Case<'_>, address: &str, fields: Value) {
    let mut metric = json!({
        "name": "errors", "interval": "1s",
        "successCondition": "result[0] < 0.1", "failureCondition": "result[0] > 0.9",
        "provider": {"prometheus": {"address": address, "query": "errors{hash=\"{{args.hash}}\"}"}},
    });
    metric.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "errors"},
        "spec": {"args": [{"name": "hash"}], "metrics": [metric]},
    });
    case.create(Kind::ANALYSIS_TEMPLATE, object);
}

/// A reference to the template.
fn analysis() -> Value {
    json!({
        "templates": [{"templateName": "errors"}],
        "args": [{"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}}],
    })
}

/// A Rollout of two pods whose second step is an analysis.
fn measured() -> Value {
    canary(2, json!([{"setWeight": 50}, {"analysis": analysis()}]))
}

fn runs(seen: &Seen) -> Vec<Value> {
    seen.all(Kind::ANALYSIS_RUN).cloned().collect()
}

fn a_step_waits_for_its_analysis_and_passes_with_it(case: &Case<'_>) {
    let metrics = Metrics::start();
    template(case, &metrics.address(), json!({"count": 3}));
    let seen = case.deploy(measured());
    assert_eq!(runs(&seen).len(), 0, "the first deploy is not measured");
    case.release(DEMO, "2");
    let seen = case.until_healthy(DEMO);
    case.replay(|seen, _| {
        let measured = runs(seen).iter().any(|run| run["status"]["phase"] == "Running");
        assert!(!measured || (seen.size(DEMO, "1"), seen.size(DEMO, "2")) == (1, 1), "it went on");
    });
    let (run, hash) = (&runs(&seen)[0], seen.hash(DEMO, "2"));
    let meta = &run["metadata"];
    assert_eq!(text(&meta["name"]), format!("demo-{hash}-2-1"));
    assert_eq!((text(&meta["labels"]["rollout-type"]), text(&meta["labels"]["step-index"])), ("Step", "1"));
    assert_eq!(meta["labels"]["rollouts-pod-template-hash"], hash);
    assert_eq!(meta["annotations"]["rollout.argoproj.io/revision"], "2");
    assert_eq!(run["spec"]["args"][0], json!({"name": "hash", "value": hash}));
    assert_eq!(
        (text(&run["status"]["phase"]), &run["status"]["metricResults"][0]["successful"]),
        ("Successful", &json!(3))
    );
    case.until("the event is told", |seen| {
        seen.events(DEMO, "AnalysisRunSuccessful").iter().any(|said| said.contains("Step Analysis Run"))
    });
}

fn a_release_whose_analysis_fails_is_given_up_and_a_retry_measures_again(case: &Case<'_>) {
    let metrics = Metrics::start();
    metrics.answer(1.0);
    template(case, &metrics.address(), json!({"count": 3}));
    case.deploy(measured());
    case.release(DEMO, "2");
    let seen = case.until("version 1 runs alone", |seen| {
        seen.phase(DEMO) == "Degraded"
            && seen.status(DEMO)["abort"] == true
            && seen.available(DEMO, "1") == 2
            && seen.size(DEMO, "2") == 0
    });
    let message = text(&seen.status(DEMO)["message"]);
    let begin = "RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed: \
                 Metric \"errors\" assessed Failed due to failed (1) > failureLimit (0)";
    assert_eq!(message, begin);

    metrics.answer(0.0);
    case.user(&["retry", "rollout", DEMO]);
    let seen = case.until_healthy(DEMO);
    let names: Vec<String> =
        runs(&seen).iter().map(|run| text(&run["metadata"]["name"]).to_owned()).collect();
    let first = format!("demo-{}-2-1", seen.hash(DEMO, "2"));
    assert_eq!(names, [first.clone(), format!("{first}.1")]);
}

fn a_measurement_in_the_background_gives_a_release_up(case: &Case<'_>) {
    let metrics = Metrics::start();
    template(case, &metrics.address(), json!({"failureLimit": 1}));
    let object = canary(4, json!([{"setWeight": 25}, {"setWeight": 50}, {"pause": {}}]));
    let background = with(analysis(), "/startingStep", json!(1));
    case.deploy(with(object, "/spec/strategy/canary/analysis", background));
    case.release(DEMO, "2");
    let seen = case.until("it is measured at the pause", |seen| {
        seen.is_paused_at(DEMO, 2) && runs(seen).iter().any(|run| run["status"]["phase"] == "Running")
    });
    let run = &runs(&seen)[0];
    assert_eq!(text(&run["metadata"]["name"]), format!("demo-{}-2", seen.hash(DEMO, "2")));
    assert_eq!(run["metadata"]["labels"]["rollout-type"], "Background");
    metrics.answer(1.0);
    let seen = case.until("version 1 runs alone", |seen| {
        seen.phase(DEMO) == "Degraded" && seen.available(DEMO, "1") == 4 && seen.size(DEMO, "2") == 0
    });
    let message = text(&seen.status(DEMO)["message"]);
    assert!(
        message.contains("Background analysis phase error/failed: Metric \"errors\" assessed Failed"),
        "{message}"
    );
    case.replay(|seen, _| {
        let early = seen.step(DEMO) == Some(0) && seen.status(DEMO)["abort"] != true;
        assert!(!early || runs(seen).is_empty(), "it was measured before its first step");
    });
}

fn a_measurement_in_the_background_ends_with_the_release(case: &Case<'_>) {
    let metrics = Metrics::start();
    template(case, &metrics.address(), json!({}));
    let object = canary(2, json!([{"setWeight": 50}, {"pause": {}}]));
    case.deploy(with(object, "/spec/strategy/canary/analysis", analysis()));
    case.release(DEMO, "2");
    case.until("it is measured at the pause", |seen| {
        let measured = |run: &Value| int(&run["status"]["metricResults"][0]["count"]) > 0;
        seen.is_paused_at(DEMO, 1) && runs(seen).iter().any(measured)
    });
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
    let seen = case.until("the run is over", |seen| runs(seen)[0]["status"]["phase"] == "Successful");
    assert_eq!((runs(&seen).len(), &runs(&seen)[0]["spec"]["terminate"]), (1, &json!(true)));
}

fn an_analysis_without_a_verdict_waits_for_a_user(case: &Case<'_>) {
    let metrics = Metrics::start();
    metrics.answer(0.5);
    template(case, &metrics.address(), json!({"count": 1}));
    case.deploy(measured());
    case.release(DEMO, "2");
    let seen = case.until_paused_at(1);
    assert_eq!(text(&seen.status(DEMO)["message"]), "InconclusiveAnalysisRun");
    assert_eq!(runs(&seen)[0]["status"]["phase"], "Inconclusive");
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!(seen.versions(DEMO), [("2".to_owned(), 2)]);
}

fn a_promotion_passes_an_analysis_that_is_not_over(case: &Case<'_>) {
    let metrics = Metrics::start();
    template(case, &metrics.address(), json!({"count": 1000}));
    case.deploy(measured());
    case.release(DEMO, "2");
    case.until("it is measured", |seen| {
        seen.step(DEMO) == Some(1) && runs(seen).iter().any(|run| run["status"]["phase"] == "Running")
    });
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
    let seen = case.until("the run was ended", |seen| runs(seen)[0]["spec"]["terminate"] == true);
    assert_eq!(runs(&seen).len(), 1);
}

fn a_template_that_is_missing_is_told_and_found_when_it_comes(case: &Case<'_>) {
    case.create(Kind::ROLLOUT, measured());
    let seen = case.until("it is told", |seen| seen.phase(DEMO) == "Degraded");
    let message = text(&seen.status(DEMO)["message"]);
    assert!(message.ends_with("AnalysisTemplate 'errors' not found"), "{message}");
    let metrics = Metrics::start();
    template(case, &metrics.address(), json!({"count": 1}));
    case.until_healthy(DEMO);
}

fn a_metric_that_cannot_be_read_gives_a_release_up(case: &Case<'_>) {
    // Nobody listens there any more.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    template(case, &format!("http://{closed}"), json!({"count": 3, "consecutiveErrorLimit": 1}));
    case.deploy(measured());
    case.release(DEMO, "2");
    let seen = case.until("it is given up", |seen| seen.phase(DEMO) == "Degraded");
    let message = text(&seen.status(DEMO)["message"]);
    assert!(
        message.contains("Step-based analysis phase error/failed: Metric \"errors\" assessed Error"),
        "{message}"
    );
    case.until("version 1 runs alone", |seen| seen.versions(DEMO) == [("1".to_owned(), 2)]);
}
