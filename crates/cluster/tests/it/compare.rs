//! Canary against stable through the whole controller: the judge decides, and its state is in the AnalysisRun.

use std::time::Duration;

use serde_json::{Value, json};

use crate::manifests::shop;
use crate::region::Region;

const HOUR: Duration = Duration::from_secs(3600);

fn objects() -> Vec<Value> {
    let arm = |hash: &str| json!({"bad": format!("errors{{hash=\"{hash}\"}}"), "total": format!("requests{{hash=\"{hash}\"}}")});
    let compare = json!({
        "source": {"prometheus": {"address": "http://prometheus:9090"}}, "warmup": "0s", "maxWait": "20m",
        "metrics": [{"name": "errors", "kind": "proportion", "canary": arm("{{args.canary}}"), "stable": arm("{{args.stable}}")}],
    });
    let template = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
        "metadata": {"name": "compare", "namespace": "default"},
        "spec": {
            "args": [{"name": "canary"}, {"name": "stable"}],
            "metrics": [{"name": "compare", "provider": {"plugin": {"aviary/compare": compare}}}],
        },
    });
    let mut rollout = shop("shop");
    let hash = |which: &str| json!({"podTemplateHashValue": which});
    rollout["spec"]["strategy"]["canary"]["steps"] = json!([
        {"setWeight": 50},
        {"analysis": {"templates": [{"templateName": "compare"}], "args": [
            {"name": "canary", "valueFrom": hash("Latest")}, {"name": "stable", "valueFrom": hash("Stable")},
        ]}},
    ]);
    vec![template, rollout]
}

async fn measured(region: &Region) -> Value {
    let runs = region.list("argoproj.io/v1alpha1", "AnalysisRun").await;
    assert_eq!(runs.len(), 1, "one run, one measurement");
    runs[0]["status"]["metricResults"][0]["measurements"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn a_version_as_good_as_the_last_one_passes_when_there_is_evidence_enough() {
    let region = Region::with("us-east-1", &objects()).await;
    let _controller = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, crate::region::is_promoted).await;
    region.outside.metric("compare", Ok(0.001));
    region.set_image("default", "shop", "shop:2").await;
    region.until("default", "shop", HOUR, crate::region::is_promoted).await;
    let found = measured(&region).await;
    assert_eq!((&found["phase"], &found["metadata"]["verdict"]), (&json!("Successful"), &json!("pass")));
    let summary = found["metadata"]["summary"].as_str().unwrap();
    assert!(summary.contains("passes at 20 : 1"), "{summary}");
    let asked = region.outside.asked();
    let query =
        asked.last().unwrap().provider["plugin"]["aviary/compare"]["metrics"][0]["canary"]["bad"].clone();
    assert!(!query.as_str().unwrap().contains("{{"), "arguments are in place: {query}");
}

#[tokio::test(start_paused = true)]
async fn a_worse_version_is_brought_back_and_the_message_says_how_sure_that_is() {
    let region = Region::with("us-east-1", &objects()).await;
    let controller = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, crate::region::is_promoted).await;
    region.outside.metric("compare", Ok(0.01));
    region.set_image("default", "shop", "shop:2").await;
    // A controller that dies in the middle loses nothing of what was stored.
    region.until("default", "shop", HOUR, |rollout| rollout["status"]["currentStepIndex"] == 1).await;
    controller.kill();
    let _next = region.control(region.settings()).await;
    let rollout = region.until("default", "shop", HOUR, |rollout| rollout["status"]["abort"] == true).await;
    let message = rollout["status"]["message"].as_str().unwrap();
    assert!(message.contains("errors is worse than stable: odds "), "{message}");
    assert_eq!(measured(&region).await["phase"], "Failed");
}
