//! What a client cannot do: send too much, hang on, stop the others.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use aviary_apiserver::{Options, Server};
use kube::client::Body;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client;

const PATIENCE: Duration = Duration::from_secs(30);

async fn listening() -> (Server, aviary_apiserver::Listening) {
    let server = Server::new(Options::default()).unwrap();
    let listening = server.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    (server, listening)
}

#[tokio::test]
async fn a_body_beyond_three_mebibytes_is_refused() {
    let (_server, client) = client::without_controllers();
    let body = format!("{{\"data\": \"{}\"}}", "x".repeat(3 * 1024 * 1024));
    let request =
        http::Request::post("/api/v1/namespaces/default/configmaps").body(Body::from(body.into_bytes()));
    assert_eq!(client.send(request.unwrap()).await.unwrap().status(), 413);
}

#[tokio::test]
async fn a_body_nested_without_end_is_refused() {
    let (_server, client) = client::without_controllers();
    for body in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let request =
            http::Request::post("/api/v1/namespaces/default/configmaps").body(Body::from(body.into_bytes()));
        assert_eq!(client.send(request.unwrap()).await.unwrap().status(), 400);
    }
}

#[tokio::test]
async fn a_watcher_that_does_not_read_hinders_nobody() {
    let (server, listening) = listening().await;
    let mut silent = TcpStream::connect(listening.address()).await.unwrap();
    silent.write_all(b"GET /api/v1/configmaps?watch=true HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    silent.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let writes = async {
        for number in 0..5000 {
            server.with_world(|world, now| {
                let of = world::Resource::new("", "v1", "configmaps", "default", "");
                let metadata = json!({"name": format!("m{number}")});
                let body = json!({"metadata": metadata, "data": {"k": "x".repeat(1000)}});
                world.handle(&world::Request::create(of, body), now).unwrap();
            });
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, writes).await.expect("a watcher that does not read held the writers up");
    tokio::time::timeout(PATIENCE, listening.shutdown())
        .await
        .expect("the server waits for a silent watcher");
}

#[tokio::test]
async fn a_shutdown_ends_watches_and_answers_what_has_begun() {
    let (_server, listening) = listening().await;
    let mut watcher = TcpStream::connect(listening.address()).await.unwrap();
    watcher.write_all(b"GET /api/v1/namespaces?watch=true HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    watcher.read_exact(&mut first).await.unwrap();
    let address = listening.address();
    tokio::time::timeout(PATIENCE, listening.shutdown()).await.expect("a watch holds the shutdown up");
    let mut rest = Vec::new();
    watcher.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "the watch was cut off, not ended");
    assert!(TcpStream::connect(address).await.is_err(), "the socket is still open");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_gets_bookmarks_and_ends_in_time() {
    let (_server, client) = client::in_virtual_time();
    let path = "/api/v1/namespaces/default/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=150";
    let request = http::Request::get(path).body(Body::empty()).unwrap();
    let body = client.send(request).await.unwrap().into_body().collect_bytes().await.unwrap();
    let lines: Vec<serde_json::Value> =
        body.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["BOOKMARK", "BOOKMARK", "BOOKMARK"], "after one minute, after two, and at the end");
}
