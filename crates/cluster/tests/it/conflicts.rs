//! Somebody writes a run while a pass over it measures: nothing that was begun is forgotten, and nothing is begun twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aviary_cluster::Settings;
use http::Method;
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt;
use world::{PatchType, Request, Resource, World};

use crate::region::{Region, Running};
use crate::waiting::settled;

const RUN: [&str; 4] = ["argoproj.io", "analysisruns", "default", "run"];
const LIMIT: Duration = Duration::from_secs(600);

fn run(metric: &Value) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "run", "namespace": "default"}, "spec": {"metrics": [metric]},
    })
}

/// A controller of `region` beside which somebody changes the run, each time before such a request of the controller
/// arrives, until no patch is left; and how many such requests there were.
async fn beside(
    region: &Region,
    settings: Settings,
    before: (Method, &'static str),
    patches: Vec<Value>,
) -> (Running, Arc<AtomicUsize>) {
    let met = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&met);
    let (server, left) = (region.server.clone(), Arc::new(Mutex::new(patches)));
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (server, left, before) = (server.clone(), Arc::clone(&left), before.clone());
        let counted = Arc::clone(&counted);
        async move {
            let meets = *request.method() == before.0 && request.uri().path().contains(before.1);
            counted.fetch_add(usize::from(meets), Ordering::Relaxed);
            if let Some(patch) = if meets { left.lock().pop() } else { None } {
                let run = Resource::new(RUN[0], "v1alpha1", RUN[1], RUN[2], RUN[3]);
                let patch = Request::patch(run, PatchType::Merge, patch);
                assert!(server.with_world(|world, now| world.handle(&patch, now)).is_ok());
            }
            server.service().oneshot(request).await
        }
    });
    (Running::start(service, settings).await, met)
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_begun_while_its_run_is_asked_to_end_is_ended() {
    let pods =
        json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "check", "image": "check:1"}]}});
    let job = json!({"name": "check", "provider": {"job": {"spec": {"template": pods}}}});
    let region = Region::with("us-east-1", &[run(&job)]).await;
    // The real way out: the provider makes the Job, and nothing of it leaves the process.
    let settings = Settings { outside: Settings::default().outside, ..region.settings() };
    let ends = json!({"spec": {"terminate": true}});
    let (_controller, _) = beside(&region, settings, (Method::POST, "/jobs"), vec![ends]).await;
    let over = region.until_object(RUN, LIMIT, |run| run["status"]["completedAt"].is_string()).await;
    let measurement = &over["status"]["metricResults"][0]["measurements"][0];
    assert_eq!(measurement["message"], "Metric Terminated", "{measurement:#}");
    let none = |world: &World| world.objects("batch", "jobs", "").next().is_none().then_some(());
    assert!(region.until_found(LIMIT, none).await.is_some(), "the Job runs on");
}

fn errors() -> Value {
    let provider = json!({"prometheus": {"address": "http://prometheus", "query": "up"}});
    json!({"name": "errors", "successCondition": "result[0] < 1", "provider": provider})
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_labelled_while_it_is_measured_is_measured_once() {
    let region = Region::with("us-east-1", &[run(&errors())]).await;
    let labels = ["one", "two"].map(|value| json!({"metadata": {"labels": {"seen": value}}}));
    let write = (Method::PATCH, "/analysisruns/run");
    let (_controller, _) = beside(&region, region.settings(), write, labels.to_vec()).await;
    let over = region.until_object(RUN, LIMIT, |run| run["status"]["phase"] == "Successful").await;
    assert_eq!((region.outside.asked().len(), &over["metadata"]["labels"]["seen"]), (1, &json!("one")));
}

#[tokio::test(start_paused = true)]
async fn a_status_that_somebody_else_wrote_meanwhile_stays() {
    let region = Region::with("us-east-1", &[run(&errors())]).await;
    let ended = json!({"status": {"phase": "Failed", "message": "by hand"}});
    let write = (Method::PATCH, "/analysisruns/run");
    let (_controller, writes) = beside(&region, region.settings(), write, vec![ended]).await;
    region.outside.until_asked(LIMIT, |asked| asked.len() == 1).await;
    settled().await;
    let run = region.object(RUN[0], RUN[1], RUN[2], RUN[3]).unwrap();
    assert_eq!((&run["status"]["phase"], &run["status"]["message"]), (&json!("Failed"), &json!("by hand")));
    assert!(run["status"].get("metricResults").is_none(), "{run:#}");
    assert_eq!(
        writes.load(Ordering::Relaxed),
        1,
        "what was found is written again, though it is no answer any more"
    );
}
