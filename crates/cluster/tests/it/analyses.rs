//! What becomes of an AnalysisRun beside its measurements: how it ends by the settings, what is told, when it goes.

use std::time::Duration;

use aviary_cluster::Settings;
use serde_json::{Value, json};

use crate::region::Region;
use crate::told::told;

const LIMIT: Duration = Duration::from_secs(60);

fn place(name: &str) -> [&str; 4] {
    ["argoproj.io", "analysisruns", "default", name]
}

/// A run of one measurement, which is bad from 1 on, with these fields besides.
fn run(name: &str, fields: Value) -> Value {
    let mut spec = json!({"metrics": [{
        "name": name, "successCondition": "result[0] < 1",
        "provider": {"prometheus": {"address": "http://prometheus", "query": "errors"}},
    }]});
    spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": name, "namespace": "default"}, "spec": spec,
    })
}

async fn ended(region: &Region, name: &str) -> Value {
    region.until_object(place(name), LIMIT, |run| run["status"]["completedAt"].is_string()).await
}

/// Seconds between the end of a run and its deletion.
async fn kept(region: &Region, name: &str) -> i64 {
    let run = ended(region, name).await;
    let over: jiff::Timestamp = run["status"]["completedAt"].as_str().unwrap().parse().unwrap();
    // Less than the period in which everything is looked at again: nothing but the run's own time brings this about.
    let limit = Duration::from_secs(600);
    let gone = |world: &world::World| {
        let [group, plural, namespace, name] = place(name);
        world.object(group, plural, namespace, name).is_none().then_some(())
    };
    region.until_found(limit, gone).await.unwrap_or_else(|| panic!("{name} is still there"));
    region.now().duration_since(over).as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_over_is_deleted_when_its_time_is_over_and_others_stay() {
    let ttl = json!({"ttlStrategy": {"secondsAfterCompletion": 400, "secondsAfterFailure": 60}});
    let runs = [run("bad", ttl.clone()), run("good", ttl), run("stays", json!({}))];
    let region = Region::with("us-east-1", &runs).await;
    region.outside.metric("bad", Ok(1.0));
    let _controller = region.control(region.settings()).await;
    ended(&region, "stays").await;
    // The limit itself is still kept; a second later the run goes.
    assert_eq!(kept(&region, "bad").await, 61);
    assert_eq!(kept(&region, "good").await, 401);
    assert!(region.object("argoproj.io", "analysisruns", "default", "stays").is_some());
}

#[tokio::test(start_paused = true)]
async fn the_setting_decides_how_a_run_ends_of_which_no_measurement_was_successful() {
    for (accepts, phase, message) in
        [(false, "Inconclusive", json!("No measurement was successful")), (true, "Successful", Value::Null)]
    {
        let region = Region::with("us-east-1", &[]).await;
        let mut tolerant = run("tolerant", json!({}));
        tolerant["spec"]["metrics"][0]["failureLimit"] = json!(1);
        region.apply(&tolerant).await;
        region.outside.metric("tolerant", Ok(1.0));
        let settings = Settings { accept_no_success: accepts, ..region.settings() };
        let _controller = region.control(settings).await;
        let status = &ended(&region, "tolerant").await["status"];
        assert_eq!((&status["phase"], &status["message"]), (&json!(phase), &message), "{status}");
        assert_eq!(status["metricResults"][0]["measurements"][0]["phase"], "Failed");
    }
}

#[tokio::test(start_paused = true)]
async fn how_metrics_and_runs_end_is_told_on_the_run() {
    let region = Region::with("us-east-1", &[run("bad", json!({})), run("good", json!({}))]).await;
    region.outside.metric("bad", Ok(1.0));
    let _controller = region.control(region.settings()).await;
    for (name, severity, phase) in [("bad", "Warning", "Failed"), ("good", "Normal", "Successful")] {
        let run = ended(&region, name).await;
        let expected = [
            told(severity, &format!("Metric{phase}"), format!("Metric '{name}' Completed. Result: {phase}")),
            told(severity, &format!("AnalysisRun{phase}"), format!("Analysis Completed. Result: {phase}")),
        ];
        assert_eq!(region.told_on("AnalysisRun", &run).await, expected);
    }
}
