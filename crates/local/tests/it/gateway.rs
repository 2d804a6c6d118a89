//! Requests go where routes say, and none is lost on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;

use crate::support::{Place, place, quick};

async fn shop() -> Place {
    let place = place(quick()).await;
    for (pod, version) in [("s1", "1.4.0"), ("s2", "1.4.0"), ("c1", "1.5.0")] {
        place.pod(pod, version, json!({})).await;
    }
    place.service("stable", "1.4.0").await;
    place.service("canary", "1.5.0").await;
    place.ready("stable", 2).await;
    place.ready("canary", 1).await;
    place
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_are_exact_from_the_moment_the_route_is_accepted() {
    let place = shop().await;
    for (stable, canary) in [(90, 10), (70, 30), (0, 100)] {
        let generation = place.route(stable, canary).await.metadata.generation;
        place.accepted(generation).await;
        let mut served: BTreeMap<String, i32> = BTreeMap::new();
        for _ in 0..100 {
            let (status, version) = place.get("api.example.com", "/v1/items/a/rating").await;
            assert_eq!(status, 200);
            *served.entry(version).or_default() += 1;
        }
        let expected = [("1.4.0".to_owned(), stable), ("1.5.0".to_owned(), canary)];
        assert_eq!(served, expected.into_iter().filter(|(_, weight)| *weight > 0).collect());
    }
    assert_eq!(place.region.gateway().ledger().count(200..300), 300);
    place.region.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_can_be_pinned_to_one_service_by_host_by_proxy_and_by_port() {
    let place = shop().await;
    let generation = place.route(100, 0).await.metadata.generation;
    place.accepted(generation).await;
    assert_eq!(place.get("canary.default.svc.cluster.local", "/healthz").await, (200, "1.5.0".to_owned()));
    let port = place.region.gateway().expose("default", "canary").await.unwrap();
    assert_eq!(place.at(port, "/healthz").await["version"], "1.5.0");
    let proxy = reqwest::Proxy::http(format!("http://{}", place.region.gateway_addr())).unwrap();
    let proxied = reqwest::Client::builder().proxy(proxy).build().unwrap();
    let answer = proxied.get("http://canary.default.svc/healthz").send().await.unwrap();
    assert_eq!(answer.headers()["x-version"], "1.5.0");
    let query = "http://prometheus.monitoring.svc:9090/api/v1/query?query=1";
    assert_eq!(proxied.get(query).send().await.unwrap().status(), 200);
    assert_eq!(place.region.gateway().ledger().count(..), 0, "checks are not users");
    place.region.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_without_a_backend_that_answers_says_which() {
    let place = shop().await;
    place.route(100, 0).await;
    assert_eq!(place.get("other.example.com", "/").await.0, 404);
    for pod in ["s1", "s2"] {
        place.delete(pod).await;
    }
    place.ready("stable", 0).await;
    assert_eq!(place.get("stable.default.svc", "/healthz").await, (503, String::new()));
    place.region.shutdown().await;
}

/// Rates through the gateway until `stop`; returns how many answers were not 201.
async fn rate(place: Arc<Place>, stop: Arc<AtomicBool>, sent: Arc<AtomicU64>) -> u64 {
    let url = format!("http://{}/v1/items/lobster/ratings", place.region.gateway_addr());
    let mut lost = 0;
    while !stop.load(Ordering::SeqCst) {
        let request = place.http.post(&url).header("host", "api.example.com").json(&json!({"stars": 5}));
        let status = request.send().await.map(|answer| answer.status().as_u16());
        lost += u64::from(status.ok() != Some(201));
        sent.fetch_add(1, Ordering::SeqCst);
    }
    lost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replacing_every_pod_under_load_loses_no_request() {
    let place = Arc::new(shop().await);
    let generation = place.route(50, 50).await.metadata.generation;
    place.accepted(generation).await;
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let users: Vec<_> =
        (0..4).map(|_| tokio::spawn(rate(place.clone(), stop.clone(), sent.clone()))).collect();
    for (old, new, version, service, pods) in [
        ("s1", "s3", "1.4.0", "stable", 3),
        ("s2", "s4", "1.4.0", "stable", 3),
        ("c1", "c2", "1.5.0", "canary", 2),
    ] {
        place.pod(new, version, json!({})).await;
        place.ready(service, pods).await;
        place.delete(old).await;
        place.until("it is gone", || async { place.pods().get_opt(old).await.unwrap().is_none() }).await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut lost = 0;
    for user in users {
        lost += user.await.unwrap();
    }
    let rows = place.region.gateway().ledger().rows();
    assert_eq!((lost, place.region.gateway().ledger().count(400..)), (0, 0), "{rows:?}");
    assert_eq!(place.region.gateway().ledger().count(201..=201), sent.load(Ordering::SeqCst));
    Arc::into_inner(place).unwrap().region.shutdown().await;
}
