//! A run that is gone before the controller, whose time for it is over, deletes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use kube::client::Body;
use serde_json::json;
use tower::ServiceExt;
use world::{Request, Resource};

use crate::region::{Region, Running};

const RUN: [&str; 4] = ["argoproj.io", "analysisruns", "default", "run"];

#[tokio::test(start_paused = true)]
async fn a_run_that_is_gone_when_it_is_to_be_deleted_is_no_failure_and_not_deleted_again() {
    let run = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "run", "namespace": "default"},
        "spec": {
            "ttlStrategy": {"secondsAfterCompletion": 60},
            "metrics": [{"name": "errors", "provider": {"prometheus": {"address": "http://prometheus", "query": "up"}}}],
        },
        "status": {"phase": "Successful", "completedAt": "2020-01-01T00:00:00Z"},
    });
    let region = Region::with("us-east-1", &[run]).await;
    let (server, deletions) = (region.server.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&deletions);
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (server, counted) = (server.clone(), Arc::clone(&counted));
        async move {
            let query = request.uri().query().unwrap_or_default();
            if request.uri().path().ends_with("/analysisruns") && query.contains("watch=") {
                // Nothing tells the controller that the run is gone: it may not go on about it all the same.
                std::future::pending::<()>().await;
            }
            if *request.method() == Method::DELETE {
                counted.fetch_add(1, Ordering::Relaxed);
                let run = Resource::new(RUN[0], "v1alpha1", RUN[1], RUN[2], RUN[3]);
                // Somebody else is quicker.
                let _gone = server.with_world(|world, now| world.handle(&Request::delete(run), now));
            }
            server.service().oneshot(request).await
        }
    });
    let running = Running::start(service, region.settings()).await;
    // Virtual: longer than a pass that failed takes to be made again.
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(region.object(RUN[0], RUN[1], RUN[2], RUN[3]).is_none());
    assert_eq!(deletions.load(Ordering::Relaxed), 1, "it is as good as deleted");
    let metrics = running.metrics();
    let of_run =
        |name: &str| metrics.lines().any(|line| line.starts_with(name) && line.contains(r#"name="run""#));
    assert!(of_run("analysis_run_reconcile_count{"), "{metrics}");
    assert!(!of_run("analysis_run_reconcile_error{"), "{metrics}");
}
