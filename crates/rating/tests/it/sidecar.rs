//! The proxy beside the service: it passes everything on, and counts what the service cannot count any more.

use std::net::SocketAddr;
use std::time::Duration;

use aviary_rating::{Config, Drain, FaultPlan, Limits, RunningSidecar, Sidecar, SidecarConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::support::{Client, config, start};

async fn before(upstream: SocketAddr, timeout: Duration) -> (RunningSidecar, Client, Client) {
    let drain = Drain { notice: Duration::ZERO, deadline: Duration::from_secs(10) };
    let sidecar = SidecarConfig { timeout, drain, ..SidecarConfig::before(upstream, "1.4.0") };
    let sidecar = Sidecar::start(sidecar).await.unwrap();
    let client = Client::new(format!("http://{}", sidecar.addr()));
    let metrics = Client::new(format!("http://{}", sidecar.metrics_addr()));
    (sidecar, client, metrics)
}

/// What the metrics say of requests to a route with a status.
async fn counted(metrics: &Client, route: &str, status: u16) -> u64 {
    let text = metrics.get("/metrics").await.text;
    let wanted = [format!("route=\"{route}\""), format!("status=\"{status}\"")];
    let line = text.lines().find(|line| {
        line.starts_with("http_requests_total{") && wanted.iter().all(|label| line.contains(label))
    });
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn requests_and_answers_pass_unchanged_and_are_counted() {
    let (service, direct) = start(config()).await;
    let (sidecar, client, metrics) = before(service.addr(), Duration::from_secs(5)).await;
    let stored = client.rate("lobster", json!({"stars": 4}), Some("key-1")).await;
    assert_eq!((stored.status, stored.header("x-version")), (201, "1.4.0"));
    let again = client.rate("lobster", json!({"stars": 4}), Some("key-1")).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(
        client.get("/v1/items/lobster/rating").await.json(),
        direct.get("/v1/items/lobster/rating").await.json()
    );
    assert_eq!(client.get("/nowhere").await.status, 404);
    assert_eq!(counted(&metrics, "/v1/items/{id}/ratings", 201).await, 1);
    assert_eq!(counted(&metrics, "/v1/items/{id}/ratings", 200).await, 1);
    assert_eq!(counted(&metrics, "/v1/items/{id}/rating", 200).await, 1);
    assert_eq!(counted(&metrics, "unmatched", 404).await, 1);
    sidecar.shutdown().await;
    service.shutdown().await;
}

#[tokio::test]
async fn a_service_that_is_gone_is_counted_as_502_and_one_that_comes_back_serves_again() {
    let (service, _) = start(config()).await;
    let address = service.addr();
    let (_sidecar, client, metrics) = before(address, Duration::from_secs(5)).await;
    assert_eq!(client.get("/v1/items/a/rating").await.status, 200);
    service.shutdown().await;
    let answer = client.get("/v1/items/a/rating").await;
    assert_eq!((answer.status, answer.header("content-type")), (502, "application/problem+json"));
    assert_eq!(counted(&metrics, "/v1/items/{id}/rating", 502).await, 1);
    let (_service, _) = start(Config { listen: address, ..config() }).await;
    assert_eq!(client.get("/v1/items/a/rating").await.status, 200);
}

#[tokio::test]
async fn a_service_that_hangs_is_counted_as_504() {
    // It accepts and never answers.
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_sidecar, client, metrics) = before(hanging.local_addr().unwrap(), Duration::from_millis(50)).await;
    let answer = client.get("/v1/items/a/rating").await;
    assert_eq!((answer.status, answer.json()["type"].as_str().is_some()), (504, true));
    assert_eq!(counted(&metrics, "/v1/items/{id}/rating", 504).await, 1);
    drop(hanging);
}

#[tokio::test]
async fn what_runs_at_the_stop_is_finished() {
    let faults = FaultPlan { latency: Duration::from_millis(200), ..FaultPlan::default() };
    let (service, _) = start(Config { faults, ..config() }).await;
    let (sidecar, client, metrics) = before(service.addr(), Duration::from_secs(5)).await;
    let slow = tokio::spawn(async move { client.stars("a", 5).await });
    while !metrics.get("/metrics").await.text.contains("http_requests_in_flight{version=\"1.4.0\"} 1") {
        tokio::task::yield_now().await;
    }
    let drained = sidecar.shutdown().await;
    assert_eq!(slow.await.unwrap().status, 201);
    assert_eq!(drained.cut, 0);
    service.shutdown().await;
}

#[tokio::test]
async fn metrics_may_have_a_port_of_their_own() {
    let metrics = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let (service, client) = start(Config { metrics, ..config() }).await;
    client.get("/v1/items/a/rating").await;
    assert_eq!(client.get("/metrics").await.status, 404);
    let apart = Client::new(format!("http://{}", service.metrics_addr()));
    assert_eq!(counted(&apart, "/v1/items/{id}/rating", 200).await, 1);
    assert_eq!(apart.get("/v1/items/a/rating").await.status, 404);
}

/// A request on a connection that is closed at the same moment is lost: only the client can end an idle connection safely.
#[tokio::test]
async fn the_sidecar_lets_go_of_a_connection_that_it_does_not_use_and_the_service_keeps_it_longer() {
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let keep = Duration::from_millis(50);
    let config = SidecarConfig { keep, ..SidecarConfig::before(service.local_addr().unwrap(), "1.4.0") };
    let sidecar = Sidecar::start(config).await.unwrap();
    let client = Client::new(format!("http://{}", sidecar.addr()));
    let answer = tokio::spawn(async move { client.get("/v1/items/a/rating").await.status });
    let (mut connection, _) = service.accept().await.unwrap();
    let mut asked = [0; 4096];
    assert!(connection.read(&mut asked).await.unwrap() > 0);
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    assert_eq!(answer.await.unwrap(), 200);
    let closed = timeout(Duration::from_secs(20), connection.read(&mut asked)).await;
    assert_eq!(closed.expect("the connection is kept").unwrap(), 0);

    let defaults = SidecarConfig::before(sidecar.addr(), "1.4.0");
    assert!(defaults.keep < Limits::default().idle);
    let load_balancer = Duration::from_secs(60);
    assert!(defaults.idle > load_balancer && Limits::default().idle > load_balancer);
}
