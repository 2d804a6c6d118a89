//! What values take until they are judged has a bound, whatever is measured at the same time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::region::Region;

/// A run that measures so often at the same time.
fn run(name: &str, metrics: usize) -> Value {
    let metric = |at| {
        json!({"name": format!("m{at}"), "successCondition": "len(result) > 0",
               "provider": {"prometheus": {"address": "http://prometheus", "query": "up"}}})
    };
    let metrics: Vec<Value> = (0..metrics).map(metric).collect();
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": name, "namespace": "default"}, "spec": {"metrics": metrics},
    })
}

#[tokio::test(start_paused = true)]
async fn values_that_wait_to_be_judged_have_a_bound_and_what_finds_no_room_is_told() {
    let region = Region::with("us-east-1", &[run("much", 5)]).await;
    // Four of them have room at the same time.
    region.outside.long(8 << 20);
    let _controller = region.control(region.settings()).await;
    let found = |name| {
        let region = &region;
        async move {
            let place = ["argoproj.io", "analysisruns", "default", name];
            let measured = |run: &Value| run["status"]["metricResults"][0]["measurements"][0].is_object();
            region.until_object(place, Duration::from_secs(30), measured).await["status"]["metricResults"]
                .clone()
        }
    };
    let results = found("much").await;
    let measurement = |at: usize| &results[at]["measurements"][0];
    let failed: Vec<usize> = (0..5).filter(|at| measurement(*at)["phase"] == "Error").collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    let expected = "the value takes 8192 KiB, and of the 32768 KiB for all values that wait to be judged 0 are left: make \
                    the query return less";
    assert_eq!(measurement(failed[0])["message"], expected);
    // Once they were judged there is room again.
    region.apply(&run("later", 4)).await;
    let results = found("later").await;
    for at in 0..4 {
        assert_eq!(results[at]["measurements"][0]["phase"], "Successful", "{at}");
    }
}
