//! How much is accepted.

use std::time::Duration;

use aviary_rating::{Config, FaultPlan, Limits};
use futures::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{config, problem, start};

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (service, client) = start(config()).await;
    let body = format!("{{\"stars\": 3, \"pad\": \"{}\"}}", "x".repeat(5000));
    let (status, kind, detail) =
        problem(&client.raw("POST", "/v1/items/a/ratings", "application/json", body).await);
    assert_eq!((status, kind.as_str()), (413, "body-too-large"));
    assert!(detail.contains("4096 bytes"), "{detail}");
    service.shutdown().await;
}

#[tokio::test]
async fn a_request_over_the_time_limit_gets_503_and_may_be_sent_again() {
    let limits = Limits { time: Duration::from_millis(20), ..Limits::default() };
    let faults = FaultPlan { latency: Duration::from_secs(3600), ..FaultPlan::default() };
    let (service, client) = start(Config { limits, faults, ..config() }).await;
    let answer = client.get("/v1/items/a/rating").await;
    assert_eq!(problem(&answer).1, "timeout");
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    service.shutdown().await;
}

#[tokio::test]
async fn requests_over_the_concurrency_limit_are_shed_at_once_while_health_answers() {
    let limits = Limits { concurrency: 2, ..Limits::default() };
    let faults = FaultPlan { latency: Duration::from_secs(3600), ..FaultPlan::default() };
    let (service, client) = start(Config { limits, faults, ..config() }).await;
    let busy: Vec<_> = (0..2)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get("/v1/items/a/rating").await.status })
        })
        .collect();
    while !client.get("/metrics").await.text.contains("http_requests_in_flight{version=\"1.4.0\"} 3") {}
    let shed = join_all((0..5).map(|_| client.get("/v1/items/a/rating"))).await;
    for answer in &shed {
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
        assert_eq!(problem(answer).1, "overloaded");
    }
    assert_eq!(client.get("/healthz").await.status, 200);
    busy.iter().for_each(tokio::task::JoinHandle::abort);
    while !client.get("/metrics").await.text.contains("http_requests_in_flight{version=\"1.4.0\"} 1") {}
    service.faults().set(FaultPlan::default());
    assert_eq!(client.get("/v1/items/a/rating").await.status, 200, "the places are free again");
    service.shutdown().await;
}

#[tokio::test]
async fn a_connection_without_a_whole_request_is_closed() {
    let limits = Limits { idle: Duration::from_millis(50), ..Limits::default() };
    let (service, _) = start(Config { limits, ..config() }).await;
    for sent in ["", "GET /healthz HTTP/1.1\r\n"] {
        let mut connection = TcpStream::connect(service.addr()).await.unwrap();
        connection.write_all(sent.as_bytes()).await.unwrap();
        let closed = timeout(Duration::from_secs(20), connection.read(&mut [0; 64])).await;
        // A reset ends it as well.
        assert_eq!(closed.expect("the connection stays").unwrap_or(0), 0, "{sent:?}");
    }
    service.shutdown().await;
}
