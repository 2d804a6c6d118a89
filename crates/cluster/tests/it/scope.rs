//! What a controller looks at: one namespace or all, one instance or none, one controller or all (spec
//! controller-binary 2.3 to 2.5).

use std::sync::Arc;
use std::time::Duration;

use aviary_cluster::{Controllers, Settings};
use kube::client::Body;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::manifests::{shop, template};
use crate::region::{Region, Running, is_promoted};
use crate::waiting::settled;

const HOUR: Duration = Duration::from_secs(3600);
const INSTANCE: &str = "argo-rollouts.argoproj.io/controller-instance-id";

type Requests = Arc<Mutex<Vec<http::Uri>>>;

/// A controller, and where it says what it asks.
async fn overheard(region: &Region, settings: Settings) -> (Running, Requests) {
    let requests = Requests::default();
    let kept = Arc::clone(&requests);
    let service = region.server.service().map_request(move |request: http::Request<Body>| {
        kept.lock().push(request.uri().clone());
        request
    });
    (Running::start(service, settings).await, requests)
}

/// The label selectors of the lists of a kind, decoded.
fn selectors(requests: &Requests, kind: &str) -> Vec<String> {
    let requests = requests.lock();
    let lists = requests.iter().filter(|uri| uri.path().ends_with(&format!("/{kind}")));
    let watched = lists.filter(|uri| uri.query().is_some_and(|query| query.contains("limit=")));
    let selector = |uri: &http::Uri| {
        let query = uri.query().unwrap_or_default().to_owned();
        let value = query.split('&').find_map(|pair| pair.strip_prefix("labelSelector="))?.to_owned();
        Some(value.replace("%21", "!").replace("%2F", "/").replace("%3D", "="))
    };
    let mut found: Vec<String> = watched.map(|uri| selector(uri).unwrap_or_default()).collect();
    found.dedup();
    found
}

fn of_instance(name: &str, id: &str) -> Value {
    let mut rollout = shop(name);
    rollout["metadata"]["labels"] = json!({INSTANCE: id});
    rollout
}

#[tokio::test(start_paused = true)]
async fn lists_are_restricted_to_the_instance_and_to_versions() {
    for (id, selector) in [("", format!("!{INSTANCE}")), ("blue", format!("{INSTANCE}=blue"))] {
        let ours = if id.is_empty() { shop("ours") } else { of_instance("ours", id) };
        let region = Region::with("us-east-1", &[ours]).await;
        let settings = Settings { instance_id: id.to_owned(), ..region.settings() };
        let (running, requests) = overheard(&region, settings).await;
        // Nothing is worked on before everything is listed.
        region.until("default", "ours", HOUR, is_promoted).await;
        for kind in
            ["rollouts", "experiments", "analysisruns", "analysistemplates", "clusteranalysistemplates"]
        {
            assert_eq!(selectors(&requests, kind), [selector.as_str()], "{kind}");
        }
        assert_eq!(selectors(&requests, "replicasets"), ["rollouts-pod-template-hash"]);
        assert_eq!(selectors(&requests, "services"), [""]);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollout_of_another_instance_is_never_touched() {
    let objects = [shop("plain"), of_instance("blue", "blue"), of_instance("green", "green")];
    for (id, ours) in [("", "plain"), ("blue", "blue")] {
        let region = Region::with("us-east-1", &objects).await;
        let settings = Settings { instance_id: id.to_owned(), ..region.settings() };
        let running = region.control(settings).await;
        region.until("default", ours, HOUR, is_promoted).await;
        // Virtual: two of the periods in which everything is looked at again.
        tokio::time::sleep(Duration::from_secs(1800)).await;
        for other in ["plain", "blue", "green"].into_iter().filter(|name| *name != ours) {
            assert_eq!(region.rollout("default", other)["status"], Value::Null, "{other} beside {id:?}");
        }
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_namespace_is_looked_after_with_a_role_in_it() {
    let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let mut other = shop("shop");
    other["metadata"]["namespace"] = json!("other");
    let region = Region::with("us-east-1", &[namespace("other"), shop("shop"), other]).await;
    // The harness grants what a Role in `default` grants, and no more.
    let only =
        Settings { namespace: Some("default".to_owned()), home: "default".to_owned(), ..region.settings() };
    let (_running, requests) = overheard(&region, only).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    region.set_image("default", "shop", "shop:2").await;
    region.until("default", "shop", HOUR, is_promoted).await;
    assert_eq!(region.rollout("other", "shop")["status"], Value::Null);
    let requests = requests.lock();
    let outside: Vec<_> = requests
        .iter()
        .filter(|uri| !uri.path().contains("/namespaces/default/") && uri.path() != "/version")
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[tokio::test(start_paused = true)]
async fn the_controller_of_analyses_alone_leaves_rollouts_alone() {
    let run = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
        "metadata": {"name": "run", "namespace": "default"},
        "spec": {"metrics": template("errors", json!([]))["spec"]["metrics"]},
    });
    let region = Region::with("us-east-1", &[shop("shop"), run]).await;
    let settings = Settings {
        controllers: Controllers::Analysis,
        prometheus_address: Some("http://prometheus".to_owned()),
        ..region.settings()
    };
    let running = region.control(settings).await;
    let run = ["argoproj.io", "analysisruns", "default", "run"];
    region.until_object(run, HOUR, |run| run["status"]["phase"] == "Successful").await;
    assert_eq!(region.outside.addresses(), ["http://prometheus"; 5]);
    assert_eq!(region.rollout("default", "shop")["status"], Value::Null);
    let metrics = running.metrics();
    assert!(metrics.contains("analysis_run_info{") && !metrics.contains("rollout_info"), "{metrics}");
    let asked = running.asked();
    assert!(
        asked.iter().all(|asked| !asked.contains("rollouts") && !asked.contains("replicasets")),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_told_as_metrics() {
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let running = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    region.set_image("default", "shop", "shop:2").await;
    region.until("default", "shop", HOUR, |rollout| !is_promoted(rollout)).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    // Events are told after the status.
    settled().await;
    let metrics = running.metrics();
    for part in [
        r#"rollout_info{name="shop",namespace="default",phase="Completed",strategy="canary",traffic_router=""} 1"#,
        r#"rollout_events_total{name="shop",namespace="default",reason="RolloutCompleted",type="Normal"} 2"#,
        r#"rollout_duration_seconds_count{status="Promoted"} 2"#,
        r#"controller_clientset_k8s_request_total{kind="rollouts",name="N/A",namespace="",status_code="200",verb="List"} 1"#,
        r#"workqueue_depth{name="Rollouts"} 0"#,
        "build_info{",
    ] {
        assert!(metrics.contains(part), "{part} in\n{metrics}");
    }
}
