//! Going away without losing a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aviary_rating::{Config, Drain, FaultPlan};
use futures::future::join_all;
use serde_json::json;

use crate::support::{Client, config, start};

/// Rates until `withdrawn`, as a load balancer that follows `/readyz` would send; returns how many were answered.
async fn rate_until(withdrawn: Arc<AtomicBool>, client: Client, writer: usize, sent: Arc<AtomicU64>) -> u64 {
    let mut answered = 0;
    while !withdrawn.load(Ordering::SeqCst) {
        let key = format!("{writer}-{answered}");
        let answer =
            client.try_rate("lobster", json!({"stars": 5}), Some(&key)).await.expect("no request is lost");
        assert_eq!(answer.status, 201, "{}", answer.text);
        answered += 1;
        sent.fetch_add(1, Ordering::SeqCst);
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_under_load_loses_no_request() {
    let faults = FaultPlan { latency: Duration::from_millis(5), ..FaultPlan::default() };
    let drain = Drain { notice: Duration::from_millis(300), deadline: Duration::from_secs(30) };
    let store = Arc::new(aviary_rating::MemoryStore::default());
    let storage = aviary_rating::Storage::Shared(store.clone());
    let (service, client) = start(Config { faults, drain, storage, ..config() }).await;
    let (withdrawn, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> = (0..8)
        .map(|writer| tokio::spawn(rate_until(withdrawn.clone(), client.clone(), writer, sent.clone())))
        .collect();
    while sent.load(Ordering::SeqCst) < 100 {
        tokio::task::yield_now().await;
    }
    let watcher = tokio::spawn(async move {
        while client.get("/readyz").await.status == 200 {}
        withdrawn.store(true, Ordering::SeqCst);
    });
    let drained = service.shutdown().await;
    watcher.await.unwrap();
    let answered: u64 = join_all(writers).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(drained.cut, 0);
    let item = aviary_rating::ItemId::new("lobster").unwrap();
    let stored = aviary_rating::Store::distribution(&*store, &item).await.unwrap();
    assert_eq!(stored.count(), answered, "every answered rating is stored, and none twice");
}

#[tokio::test]
async fn a_request_that_runs_at_the_stop_is_finished() {
    let faults = FaultPlan { latency: Duration::from_millis(200), ..FaultPlan::default() };
    let (service, client) = start(Config { faults, ..config() }).await;
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.stars("a", 5).await }
    });
    while !client.get("/metrics").await.text.contains("http_requests_in_flight{version=\"1.4.0\"} 2") {}
    let drained = service.shutdown().await;
    let answer = slow.await.unwrap();
    assert_eq!((answer.status, drained.cut), (201, 0));
    assert_eq!(answer.header("connection"), "close", "the client must not come back");
}

#[tokio::test]
async fn a_request_that_outlives_the_deadline_is_cut_and_reported() {
    let faults = FaultPlan { latency: Duration::from_secs(3600), ..FaultPlan::default() };
    let drain = Drain { notice: Duration::ZERO, deadline: Duration::from_millis(10) };
    let limits =
        aviary_rating::Limits { time: Duration::from_secs(7200), ..aviary_rating::Limits::default() };
    let (service, client) = start(Config { faults, drain, limits, ..config() }).await;
    let stuck = tokio::spawn({
        let client = client.clone();
        async move { client.try_rate("a", json!({"stars": 5}), None).await.is_err() }
    });
    while !client.get("/metrics").await.text.contains("http_requests_in_flight{version=\"1.4.0\"} 2") {}
    assert_eq!(service.shutdown().await.cut, 1);
    assert!(stuck.await.unwrap());
}
