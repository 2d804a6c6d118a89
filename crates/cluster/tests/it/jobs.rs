//! Jobs of metrics that run in another cluster.

use std::time::Duration;

use aviary_cluster::Settings;
use serde_json::json;

use crate::region::Region;

#[tokio::test(start_paused = true)]
async fn the_jobs_of_metrics_may_run_in_another_cluster() {
    let pods =
        json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "check", "image": "check:1"}]}});
    let run = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "run", "namespace": "default"},
        "spec": {"metrics": [{"name": "check", "provider": {"job": {"spec": {"template": pods}}}}]},
    });
    let (region, other) = (Region::with("us-east-1", &[run]).await, Region::with("jobs", &[]).await);
    // The real way out: the provider makes the Job, and nothing of it leaves the process.
    let outside = Settings::default().outside;
    let settings = Settings { jobs: Some(other.client()), outside, ..region.settings() };
    let _controller = region.control(settings).await;
    let limit = region.now() + Duration::from_secs(60);
    let job = loop {
        if let Some(job) = other.list("batch/v1", "Job").await.pop() {
            break job;
        }
        assert!(region.now() < limit, "no Job was made");
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert_eq!(job["metadata"]["ownerReferences"], json!(null), "its run is in another cluster");
    assert!(region.list("batch/v1", "Job").await.is_empty());
}
