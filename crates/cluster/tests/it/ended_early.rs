//! What is under way when its run is ended.

use std::time::Duration;

use aviary_cluster::Settings;
use serde_json::{Value, json};

use crate::region::Region;

/// A run that waits for Kayenta's judgement, and is to end.
fn run() -> Value {
    let kayenta = json!({
        "address": "http://kayenta.example", "application": "a", "canaryConfigName": "c", "metricsAccountName": "m",
        "configurationAccountName": "c", "storageAccountName": "s", "threshold": {"pass": 90, "marginal": 75},
        "scopes": [],
    });
    let begun = json!({
        "phase": "Running", "startedAt": "2020-01-01T00:00:00Z", "resumeAt": "2020-01-01T00:00:15Z",
        "metadata": {"canaryExecutionId": "01ABC"},
    });
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "run", "namespace": "default"},
        "spec": {"terminate": true, "metrics": [{"name": "judged", "provider": {"kayenta": kayenta}}]},
        "status": {
            "phase": "Running", "startedAt": "2020-01-01T00:00:00Z",
            "metricResults": [{"name": "judged", "phase": "Running", "measurements": [begun]}],
        },
    })
}

/// A deviation: the peer leaves the measurement Running for ever, in a run that is over.
#[tokio::test(start_paused = true)]
async fn a_judgement_of_kayentas_ends_with_its_run_as_a_job_does() {
    let region = Region::with("us-east-1", &[run()]).await;
    // The real way out: nothing is asked to end a judgement, so nothing leaves the process.
    let settings = Settings { outside: Settings::default().outside, ..region.settings() };
    let _controller = region.control(settings).await;
    let name = ["argoproj.io", "analysisruns", "default", "run"];
    let is_over = |run: &Value| run["status"]["phase"] != "Running";
    let run = region.until_object(name, Duration::from_secs(60), is_over).await;
    assert_eq!(run["status"]["phase"], "Inconclusive");
    let result = &run["status"]["metricResults"][0];
    assert_eq!(result["phase"], "Inconclusive");
    let measurement = &result["measurements"][0];
    assert_eq!(measurement["phase"], "Inconclusive");
    assert_eq!(measurement["message"], "Metric Terminated");
    assert_eq!(measurement["metadata"]["canaryExecutionId"], "01ABC");
    assert!(measurement["finishedAt"].is_string(), "{measurement}");
}
