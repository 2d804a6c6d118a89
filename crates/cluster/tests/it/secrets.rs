//! Secrets that change while a run measures.

use std::time::Duration;

use serde_json::{Value, json};

use crate::region::Region;

/// Longer than six measurements take.
const LIMIT: Duration = Duration::from_secs(300);

fn secret(value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": "default"},
        "stringData": {"value": value},
    })
}

fn run() -> Value {
    let header = json!([{"key": "Authorization", "value": "{{args.token}}"}]);
    let prometheus = json!({"address": "http://prometheus", "query": "up", "headers": header});
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "run", "namespace": "default"},
        "spec": {
            "args": [{"name": "token", "valueFrom": {"secretKeyRef": {"name": "token", "key": "value"}}}],
            "metrics": [{"name": "errors", "count": 6, "interval": "10s", "successCondition": "result[0] < 1",
                         "provider": {"prometheus": prometheus}}],
        },
    })
}

/// The tokens that the provider was given, in order.
fn given(region: &Region) -> Vec<String> {
    let token = |metric: &crd::Metric| {
        metric.provider["prometheus"]["headers"][0]["value"].as_str().map(str::to_owned)
    };
    region.outside.asked().iter().filter_map(token).collect()
}

/// The run's status once it has ended.
async fn ended(region: &Region) -> Value {
    let over =
        |run: &Value| !matches!(run["status"]["phase"].as_str(), None | Some("" | "Pending" | "Running"));
    region.until_any("argoproj.io", "analysisruns", LIMIT, over).await["status"].clone()
}

async fn measured(region: &Region, times: usize) {
    region.outside.until_asked(LIMIT, |asked| asked.len() >= times).await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_rotated_counts_from_the_next_measurement_on() {
    let region = Region::with("us-east-1", &[secret("first"), run()]).await;
    let _controller = region.control(region.settings()).await;
    measured(&region, 2).await;
    region.apply(&secret("second")).await;
    assert_eq!(ended(&region).await["phase"], "Successful");
    assert_eq!(given(&region), ["first", "first", "second", "second", "second", "second"]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_gone_ends_the_run_and_its_name_is_told() {
    let region = Region::with("us-east-1", &[secret("first"), run()]).await;
    let _controller = region.control(region.settings()).await;
    measured(&region, 2).await;
    region.delete(&secret("first")).await;
    let status = ended(&region).await;
    assert_eq!(status["phase"], "Error");
    assert!(status["message"].as_str().unwrap().contains("\"token\" not found"), "{status}");
    assert_eq!(given(&region).len(), 2, "nothing is asked without it");
}
