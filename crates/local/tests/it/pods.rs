//! Pods become servers, and end as servers should.

use aviary_local::{ADDRESS, RegionConfig};
use k8s_openapi::api::core::v1::{Node, Pod, Secret};
use kube::ResourceExt;
use kube::api::{Api, PostParams};
use serde_json::{Value, json};

use crate::support::{place, quick};

fn readiness(pod: &Pod) -> (String, String) {
    let status = pod.status.clone().unwrap_or_default();
    let ready = status.conditions.into_iter().flatten().find(|condition| condition.type_ == "Ready");
    let ready = ready.map(|condition| (condition.status, condition.message.unwrap_or_default()));
    ready.unwrap_or_default()
}

fn waiting(pod: &Pod) -> (String, String) {
    let state = serde_json::to_value(pod).unwrap();
    let waiting = &state["status"]["containerStatuses"][0]["state"]["waiting"];
    let text = |key: &str| waiting[key].as_str().unwrap_or_default().to_owned();
    (text("reason"), text("message"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_becomes_a_server_of_its_images_version() {
    let place = place(quick()).await;
    place.pod("a", "1.4.0", json!({})).await;
    place
        .until("it is ready", || async { readiness(&place.pods().get("a").await.unwrap()).0 == "True" })
        .await;
    let pod = place.pods().get("a").await.unwrap();
    let nodes: Api<Node> = Api::all(place.region.client());
    let node = pod.spec.as_ref().unwrap().node_name.clone().unwrap();
    assert!(nodes.get_opt(&node).await.unwrap().is_some(), "{node}");
    let status: Value = serde_json::to_value(pod.status.as_ref().unwrap()).unwrap();
    assert_eq!((&status["phase"], &status["podIP"]), (&json!("Running"), &json!("127.0.0.1")));
    assert_eq!(status["containerStatuses"][0]["ready"], json!(true));
    let health = place.at(pod.annotations()[ADDRESS].parse().unwrap(), "/healthz").await;
    assert_eq!(health, json!({"status": "ok", "version": "1.4.0"}));
    place.region.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_whose_health_check_fails_says_so_and_is_never_ready() {
    let place = place(quick()).await;
    place.pod("a", "1.4.0", json!({"env": [{"name": "RATING_FAULT_UNHEALTHY", "value": "true"}]})).await;
    place.pod("b", "1.4.0", json!({"readinessProbe": {"httpGet": {"path": "/healthz", "port": 9999}}})).await;
    place
        .until("both run", || async {
            let pods = place.pods().list(&kube::api::ListParams::default()).await.unwrap();
            pods.items.iter().filter(|pod| pod.annotations().contains_key(ADDRESS)).count() == 2
        })
        .await;
    assert_eq!(readiness(&place.pods().get("a").await.unwrap()).0, "False");
    assert_eq!(readiness(&place.pods().get("b").await.unwrap()).0, "False");
    place.region.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_waits_while_a_secret_of_its_environment_is_missing() {
    let place = place(quick()).await;
    let from = json!({"envFrom": [{"secretRef": {"name": "openclaw-secrets"}}]});
    place.pod("early", "1.4.0", from.clone()).await;
    place
        .until("it waits for its Secret", || async {
            let (reason, message) = waiting(&place.pods().get("early").await.unwrap());
            reason == "CreateContainerConfigError" && message == "secret \"openclaw-secrets\" not found"
        })
        .await;
    let secrets: Api<Secret> = Api::default_namespaced(place.region.client());
    let secret =
        json!({"metadata": {"name": "openclaw-secrets"}, "stringData": {"RATING_FAULT_ERRORS": "nonsense"}});
    secrets.create(&PostParams::default(), &serde_json::from_value(secret).unwrap()).await.unwrap();
    place.pod("late", "1.4.0", from).await;
    place
        .until("its environment is read", || async {
            waiting(&place.pods().get("late").await.unwrap())
                .1
                .starts_with("RATING_FAULT_ERRORS=\"nonsense\"")
        })
        .await;
    place.region.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_pod_is_gone_once_it_is_drained() {
    let place = place(quick()).await;
    place.pod("a", "1.4.0", json!({"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}})).await;
    place
        .until("it is ready", || async { readiness(&place.pods().get("a").await.unwrap()).0 == "True" })
        .await;
    place.delete("a").await;
    place.until("it is gone", || async { place.pods().get_opt("a").await.unwrap().is_none() }).await;
    place.region.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_can_be_bad() {
    let bad = rating::FaultPlan { errors: 1.0, ..rating::FaultPlan::default() };
    let config = RegionConfig { images: [("1.5.0".to_owned(), bad)].into(), ..quick() };
    let place = place(config).await;
    place.pod("a", "1.5.0", json!({})).await;
    place.service("canary", "1.5.0").await;
    place.ready("canary", 1).await;
    let answer = place.get("canary.default.svc", "/v1/items/a/rating").await;
    assert_eq!(answer, (500, "1.5.0".to_owned()));
    place.region.shutdown().await;
}
