//! What was created though nobody was told so, and what the watch does not show yet: it is found by its name and gone on
//! with, and none is created beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Method, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::experiments::{EXPERIMENT, SET, experiment};
use crate::manifests::{shop, template};
use crate::region::{Region, Running, is_promoted};
use crate::waiting::settled;

const LIMIT: Duration = Duration::from_secs(300);

/// Controls `region` over a server that does not answer the first creation of one of `plural`, though it carries it out,
/// and shows none of them by watch until the sender says so.
async fn unanswered(region: &Region, plural: &'static str) -> (Running, watch::Sender<bool>) {
    let (shown, hears) = watch::channel(false);
    let (server, first) = (region.server.clone(), Arc::new(AtomicBool::new(true)));
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (server, first, mut hears) = (server.clone(), Arc::clone(&first), hears.clone());
        async move {
            let concerned = request.uri().path().split('/').any(|part| part == plural);
            if concerned && request.uri().query().is_some_and(|query| query.contains("watch=")) {
                let _shown = hears.wait_for(|shown| *shown).await;
            }
            let lost = concerned && *request.method() == Method::POST && first.swap(false, Ordering::Relaxed);
            let answer = server.service().oneshot(request).await.map_err(tower::BoxError::from)?;
            if !lost {
                return Ok(answer);
            }
            assert_eq!(answer.status(), StatusCode::CREATED);
            Err(tower::BoxError::from("the connection is lost"))
        }
    });
    (Running::start(service, region.settings()).await, shown)
}

/// A template whose metric is measured once.
fn errors() -> Value {
    let mut errors = template("errors", json!([]));
    errors["spec"]["metrics"][0]["count"] = json!(1);
    errors
}

#[tokio::test(start_paused = true)]
async fn a_replica_set_of_an_experiment_is_adopted() {
    let region = Region::with("us-east-1", &[experiment(json!({}))]).await;
    let (running, shown) = unanswered(&region, "replicasets").await;
    region.until_object(SET, LIMIT, |set| set["spec"]["replicas"] == 1).await;
    assert!(!*shown.borrow(), "nothing but the API server's answer has told of it");
    settled().await;
    let status = region.object(EXPERIMENT[0], EXPERIMENT[1], EXPERIMENT[2], EXPERIMENT[3]).unwrap();
    let template = &status["status"]["templateStatuses"][0];
    assert_eq!([template.get("collisionCount"), template.get("message")], [None, None], "{template:#}");
    assert!(running.asked().contains("get apps replicasets"), "{:?}", running.asked());
    shown.send_replace(true);
    let runs = region.until_object(EXPERIMENT, LIMIT, |it| it["status"]["phase"] == "Running").await;
    assert_eq!(runs["status"]["templateStatuses"][0]["availableReplicas"], 1, "{runs:#}");
    assert_eq!(region.list("apps/v1", "ReplicaSet").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_analysis_run_of_an_experiment_is_adopted() {
    let analysis = json!({"name": "errors", "templateName": "errors", "requiredForCompletion": true});
    let region = Region::with("us-east-1", &[errors(), experiment(json!({"analyses": [analysis]}))]).await;
    let (running, shown) = unanswered(&region, "analysisruns").await;
    let over = region.until_object(EXPERIMENT, LIMIT, |it| it["status"]["phase"] == "Successful").await;
    assert!(!*shown.borrow(), "nothing but the API server's answer has told of it");
    assert_eq!(over["status"]["analysisRuns"][0]["analysisRun"], "compare-errors", "{over:#}");
    assert!(running.asked().contains("get argoproj.io analysisruns"), "{:?}", running.asked());
    assert_eq!(region.list("argoproj.io/v1alpha1", "AnalysisRun").await.len(), 1);
}

/// Releases a new version with `step`, over a server that does not answer the creation of one of `plural` at first.
async fn released(step: Value, plural: &'static str) -> (Region, Running, watch::Sender<bool>) {
    let mut shop = shop("shop");
    shop["spec"]["strategy"]["canary"]["steps"] = json!([step]);
    let region = Region::with("us-east-1", &[errors(), shop]).await;
    let (running, shown) = unanswered(&region, plural).await;
    region.until("default", "shop", LIMIT, is_promoted).await;
    region.set_image("default", "shop", "shop:2").await;
    (region, running, shown)
}

#[tokio::test(start_paused = true)]
async fn an_analysis_run_of_a_step_is_adopted() {
    let step = json!({"analysis": {"templates": [{"templateName": "errors"}]}});
    let (region, running, shown) = released(step, "analysisruns").await;
    region.until("default", "shop", LIMIT, is_promoted).await;
    assert!(!*shown.borrow(), "nothing but the API server's answer has told of it");
    assert!(running.asked().contains("get argoproj.io analysisruns"), "{:?}", running.asked());
    assert_eq!(region.list("argoproj.io/v1alpha1", "AnalysisRun").await.len(), 1);
    assert_eq!(region.outside.asked().len(), 1, "it is measured once");
}

#[tokio::test(start_paused = true)]
async fn an_experiment_of_a_step_is_adopted() {
    let trial = json!({"name": "trial", "specRef": "canary"});
    let step = json!({"experiment": {"duration": "10s", "templates": [trial]}});
    let (region, running, shown) = released(step, "experiments").await;
    region.until("default", "shop", LIMIT, is_promoted).await;
    assert!(!*shown.borrow(), "nothing but the API server's answer has told of it");
    assert!(running.asked().contains("get argoproj.io experiments"), "{:?}", running.asked());
    assert_eq!(region.list("argoproj.io/v1alpha1", "Experiment").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_somebody_else_stays_and_the_step_has_its_own() {
    let step = json!({"analysis": {"templates": [{"templateName": "errors"}]}});
    let mut shop = shop("shop");
    shop["spec"]["strategy"]["canary"]["steps"] = json!([{"pause": {"duration": "1m"}}, step]);
    let region = Region::with("us-east-1", &[errors(), shop]).await;
    let running = region.control(region.settings()).await;
    region.until("default", "shop", LIMIT, is_promoted).await;
    region.set_image("default", "shop", "shop:2").await;
    let paused = |it: &Value| it["status"]["controllerPause"] == true;
    let hash = region.until("default", "shop", LIMIT, paused).await["status"]["currentPodHash"].clone();
    let name = format!("shop-{}-2-1", hash.as_str().unwrap());
    let spec = json!({"metrics": errors()["spec"]["metrics"], "terminate": true});
    let foreign = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": name, "namespace": "default"}, "spec": spec,
    });
    region.apply(&foreign).await;
    let own = format!("{name}.1");
    region.until_any("argoproj.io", "analysisruns", LIMIT, |run| run["metadata"]["name"] == own).await;
    region.until("default", "shop", LIMIT, is_promoted).await;
    assert!(running.asked().contains("get argoproj.io analysisruns"), "{:?}", running.asked());
    assert_eq!(region.list("argoproj.io/v1alpha1", "AnalysisRun").await.len(), 2);
}
