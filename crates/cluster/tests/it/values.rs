//! What values take until they are judged has a bound, whatever is measured at the same time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::region::Region;

const LIMIT: Duration = Duration::from_secs(30);

/// A run that measures all of these at the same time.
fn run(name: &str, metrics: &[&str]) -> Value {
    let metric = |name: &&str| {
        json!({"name": name, "successCondition": "len(result) > 0",
               "provider": {"prometheus": {"address": "http://prometheus", "query": "up"}}})
    };
    let metrics: Vec<Value> = metrics.iter().map(metric).collect();
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": name, "namespace": "default"}, "spec": {"metrics": metrics},
    })
}

/// What the run has measured first, of each of its metrics.
async fn measured(region: &Region, name: &str) -> Vec<Value> {
    let place = ["argoproj.io", "analysisruns", "default", name];
    let measured = |run: &Value| run["status"]["metricResults"][0]["measurements"][0].is_object();
    let run = region.until_object(place, LIMIT, measured).await;
    let results = run["status"]["metricResults"].as_array().unwrap();
    results.iter().map(|result| result["measurements"][0].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_measures_much_is_the_one_that_errs_and_is_told_why() {
    let names = ["a", "b", "c", "d", "e"];
    let region = Region::with("us-east-1", &[run("much", &names)]).await;
    // Four of them have room at the same time.
    for name in names {
        region.outside.long(name, 2 << 20);
    }
    let _controller = region.control(region.settings()).await;
    let found = measured(&region, "much").await;
    let failed: Vec<&Value> = found.iter().filter(|it| it["phase"] == "Error").collect();
    let expected = "the value takes 2048 KiB, and of the 8192 KiB for values of one run that wait to be judged 0 are left: \
                    make the query return less";
    assert_eq!((failed.len(), &failed[0]["message"]), (1, &json!(expected)));
    // Once they were judged there is room again.
    for later in ["f", "g", "h", "i", "j"] {
        region.apply(&run(later, &names[..4])).await;
        assert!(measured(&region, later).await.iter().all(|it| it["phase"] == "Successful"), "{later}");
    }
}

#[tokio::test(start_paused = true)]
async fn runs_that_hold_much_and_hang_make_no_error_of_what_others_measure() {
    let greedy = ["a", "b", "c", "d", "e"].map(|name| run(name, &["large", "larger", "hangs"]));
    let region = Region::with("us-east-1", &greedy).await;
    region.outside.hang("hangs");
    for (name, bytes) in [("large", 8 << 20), ("larger", 16 << 20), ("list", 100 << 10)] {
        region.outside.long(name, bytes);
    }
    let _controller = region.control(region.settings()).await;
    region.outside.until_asked(LIMIT, |asked| asked.len() >= 3 * greedy.len()).await;
    region.apply(&run("well", &["list", "number"])).await;
    let phases: Vec<Value> = measured(&region, "well").await.iter().map(|it| it["phase"].clone()).collect();
    assert_eq!(phases, ["Successful", "Successful"]);
}
