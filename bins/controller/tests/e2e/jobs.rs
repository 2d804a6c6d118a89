//! Releases that are judged by Jobs: kwok plays their pods.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, Seen, canary, tests, text};

tests! {
    a_job_that_completes_lets_the_release_go_on,
    a_job_that_fails_gives_the_release_up,
    a_job_is_ended_with_its_release,
}

/// A Rollout of two pods whose second step is a Job.
fn by_job(case: &Case<'_>, annotations: Value, fields: Value) {
    let mut spec = json!({
        "backoffLimit": 0,
        "template": {
            "metadata": {"annotations": annotations},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "check", "image": "example.com/check:1"}]},
        },
    });
    spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let template = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "smoke"},
        "spec": {"metrics": [{"name": "smoke", "provider": {"job": {"metadata": {"labels": {"team": "a"}}, "spec": spec}}}]},
    });
    case.create(Kind::ANALYSIS_TEMPLATE, template);
    let steps = json!([{"setWeight": 50}, {"analysis": {"templates": [{"templateName": "smoke"}]}}]);
    case.deploy(canary(2, steps));
    case.release(DEMO, "2");
}

fn run(seen: &Seen) -> Value {
    seen.all(Kind::ANALYSIS_RUN).next().cloned().unwrap_or_default()
}

/// The Job that the run's measurement names.
fn job(case: &Case<'_>, run: &Value) -> Value {
    let named = &run["status"]["metricResults"][0]["measurements"][0]["metadata"];
    assert_eq!(text(&named["job-namespace"]), text(&run["metadata"]["namespace"]));
    case.get(Kind::JOB, text(&named["job-name"]))
}

fn a_job_that_completes_lets_the_release_go_on(case: &Case<'_>) {
    by_job(case, json!({}), json!({}));
    let seen = case.until_healthy(DEMO);
    let run = run(&seen);
    assert_eq!(
        (text(&run["status"]["phase"]), run["status"]["metricResults"][0]["successful"].as_i64()),
        ("Successful", Some(1))
    );
    let job = job(case, &run);
    let (name, uid) = (text(&job["metadata"]["name"]), text(&run["metadata"]["uid"]));
    assert_eq!(name, format!("{uid}.smoke.1"));
    assert_eq!(job["metadata"]["labels"]["analysisrun.argoproj.io/uid"], uid);
    assert_eq!(job["metadata"]["labels"]["team"], "a");
    assert_eq!(job["metadata"]["annotations"]["analysisrun.argoproj.io/metric-name"], "smoke");
    assert_eq!(text(&job["metadata"]["ownerReferences"][0]["kind"]), "AnalysisRun");
}

fn a_job_that_fails_gives_the_release_up(case: &Case<'_>) {
    by_job(case, json!({"aviary.test/exit": "failure"}), json!({}));
    let seen = case.until("it is given up", |seen| seen.phase(DEMO) == "Degraded");
    let message = text(&seen.status(DEMO)["message"]);
    assert!(
        message.contains("Metric \"smoke\" assessed Failed due to failed (1) > failureLimit (0)"),
        "{message}"
    );
    case.until("version 1 runs alone", |seen| seen.versions(DEMO) == [("1".to_owned(), 2)]);
}

fn a_job_is_ended_with_its_release(case: &Case<'_>) {
    // Its pod never starts: no node has that label.
    let pods = json!({
        "spec": {
            "restartPolicy": "Never", "nodeSelector": {"nowhere": "true"},
            "containers": [{"name": "check", "image": "example.com/check:1"}],
        },
    });
    by_job(case, json!({}), json!({"template": pods}));
    let running =
        |seen: &Seen| run(seen)["status"]["metricResults"][0]["measurements"][0]["phase"] == "Running";
    let seen = case.until("the Job runs", running);
    let name = text(&job(case, &run(&seen))["metadata"]["name"]).to_owned();
    case.user(&["abort", DEMO]);
    let seen = case.until("the run is over", |seen| run(seen)["status"]["phase"] == "Inconclusive");
    let message = text(&run(&seen)["status"]["message"]).to_owned();
    assert!(message.ends_with("\"Error Message: Metric Terminated\""), "{message}");
    case.until("the Job is gone", |seen| {
        seen.all(Kind::JOB).all(|job| text(&job["metadata"]["name"]) != name)
    });
}
