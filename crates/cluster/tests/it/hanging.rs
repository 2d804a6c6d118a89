//! A metric system that never answers holds up nobody but the runs that ask it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::region::Region;

/// Longer than three measurements take, ten seconds apart.
const LIMIT: Duration = Duration::from_secs(30);

fn run(name: &str, metric: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"metrics": [{"name": metric, "count": 3, "interval": "10s", "successCondition": "result[0] < 1",
                              "provider": {"prometheus": {"address": "http://prometheus", "query": "up"}}}]},
    })
}

async fn phase(region: &Region, name: &str) -> Value {
    let runs = region.list("argoproj.io/v1alpha1", "AnalysisRun").await;
    let run = runs.into_iter().find(|run| run["metadata"]["name"] == name).unwrap();
    run["status"]["phase"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_delays_no_other_run() {
    let hanging = ["a", "b", "c"].map(|name| run(name, "hangs"));
    let region = Region::with("us-east-1", &hanging).await;
    region.outside.hang("hangs");
    let settings = aviary_cluster::Settings { analysis_workers: 1, ..region.settings() };
    let _controller = region.control(settings).await;
    let asked = |name: &str| region.outside.asked().iter().filter(|metric| metric.name == name).count();
    // Each is asked, and none waits for another.
    region.outside.until_asked(LIMIT, |asked| asked.len() >= hanging.len()).await;
    region.apply(&run("well", "answers")).await;
    let well = ["argoproj.io", "analysisruns", "default", "well"];
    region.until_object(well, LIMIT, |run| run["status"]["phase"] == "Successful").await;
    assert_eq!((asked("hangs"), phase(&region, "a").await), (3, Value::Null), "it is still waiting");
}
