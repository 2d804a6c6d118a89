//! `kill -TERM` under load, for both processes of a Pod at once, as the kubelet does it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::process::Process;

const WRITERS: usize = 8;

fn client() -> reqwest::Client {
    // The transport is plain HTTP; reqwest wants a TLS provider all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Sends until the Pod is taken out of the balancer, which follows `/readyz`; returns how many were acknowledged.
async fn rate(url: String, out: Arc<AtomicBool>, sent: Arc<AtomicU64>) -> u64 {
    let (client, mut acknowledged) = (client(), 0);
    while !out.load(Ordering::SeqCst) {
        let request = client.post(format!("{url}/v1/items/lobster/ratings")).json(&json!({"stars": 4}));
        let answer = request.send().await.expect("no request is lost");
        assert_eq!(answer.status(), 201, "after {acknowledged} ratings of this client");
        answer.bytes().await.expect("no answer is cut");
        acknowledged += 1;
        sent.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

/// Waits for so many ratings in all; a writer that has lost a request ends it.
async fn rated(sent: &AtomicU64, target: u64, writers: &[JoinHandle<u64>]) {
    while sent.load(Ordering::SeqCst) < target && !writers.iter().any(JoinHandle::is_finished) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_to_service_and_sidecar_under_load_loses_no_request() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("ratings.db");
    let service = ["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()];
    // As in the chart: the service outlasts the sidecar.
    let mut first = Process::start(&[&service[..], &["--drain-notice", "3s"]].concat());
    let mut sidecar = Process::start(&[
        "sidecar",
        "--listen",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        "--upstream",
        first.address(),
        "--drain-notice",
        "1500ms",
    ]);
    let (out, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> =
        (0..WRITERS).map(|_| tokio::spawn(rate(sidecar.url.clone(), out.clone(), sent.clone()))).collect();
    rated(&sent, 200, &writers).await;
    first.terminate();
    sidecar.terminate();
    let (probe, ready) = (client(), format!("{}/readyz", sidecar.url));
    while probe.get(&ready).send().await.expect("probes are answered").status() == 200 {}
    let before = sent.load(Ordering::SeqCst);
    // Endpoints are withdrawn some time after the Pod is unready; what comes meanwhile is served all the same.
    rated(&sent, before + 50, &writers).await;
    out.store(true, Ordering::SeqCst);
    let mut acknowledged = 0;
    for writer in writers {
        acknowledged += writer.await.unwrap();
    }
    assert!(tokio::task::spawn_blocking(move || sidecar.wait()).await.unwrap().success());
    assert!(tokio::task::spawn_blocking(move || first.wait()).await.unwrap().success());

    let second = Process::start(&service);
    let answer = client().get(format!("{}/v1/items/lobster/rating", second.url)).send().await.unwrap();
    let rating: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(rating.get("count"), Some(&json!(acknowledged)), "what was acknowledged, and nothing else");
}
