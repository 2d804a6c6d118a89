//! The way of a request, before an API server that is played.

use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{Patch, PatchParams};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::Notify;

use super::*;
use crate::cache::Cache;
use crate::settings::Controllers;

/// A server that answers once it is let, and what reached it.
#[derive(Clone, Default)]
struct Server {
    asked: Arc<Notify>,
    connected: Arc<Notify>,
    reached: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// The way to it: a request is sent when the connection is there.
    fn way(&self) -> Way {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move {
                server.asked.notify_one();
                server.connected.notified().await;
                server.reached.lock().push(request.method().to_string());
                let map = json!({"metadata": {"name": "m"}}).to_string();
                Ok::<_, BoxError>(Response::new(Body::from(map.into_bytes())))
            }
        });
        let metrics = Arc::new(Metrics::new(Arc::new(Cache::default()), Controllers::All).unwrap());
        Way::new(Client::new(service, "default"), None, metrics)
    }

    fn reached(&self) -> Vec<String> {
        self.reached.lock().clone()
    }
}

async fn write(client: Client) -> Result<ConfigMap, kube::Error> {
    let maps: Api<ConfigMap> = Api::namespaced(client, "shop");
    maps.patch("m", &PatchParams::default(), &Patch::Merge(json!({}))).await
}

fn is_fenced(result: &Result<ConfigMap, kube::Error>) -> bool {
    matches!(result, Err(kube::Error::Service(error)) if error.is::<Fenced>())
}

#[tokio::test(start_paused = true)]
async fn a_write_without_the_lease_never_leaves_and_a_read_does() {
    let server = Server::default();
    let client = server.way().fenced(Fence::until(Duration::ZERO).0);
    assert!(is_fenced(&write(client.clone()).await));
    server.connected.notify_one();
    let maps: Api<ConfigMap> = Api::namespaced(client, "shop");
    maps.get("m").await.unwrap();
    assert_eq!(server.reached(), ["GET"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_for_its_connection_is_taken_back_when_the_lease_runs_out() {
    let server = Server::default();
    let (fence, _elector) = Fence::until(Duration::from_secs(10));
    let client = server.way().fenced(fence);
    let began = tokio::time::Instant::now();
    assert!(is_fenced(&write(client).await));
    assert_eq!(began.elapsed().as_secs(), 10);
    server.connected.notify_one();
    // If the write still waited, it would have the connection, and the read none.
    let maps: Api<ConfigMap> = Api::namespaced(server.way().fenced(Fence::open()), "shop");
    tokio::time::timeout(Duration::from_secs(60), maps.get("m")).await.unwrap().unwrap();
    assert_eq!(server.reached(), ["GET"]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_frozen_finds_its_lease_run_out_before_it_goes_on() {
    let server = Server::default();
    let (fence, _elector) = Fence::until(Duration::from_secs(10));
    let writing = tokio::spawn(write(server.way().fenced(fence)));
    // It waits for its connection, and nothing of the process runs until both have happened.
    server.asked.notified().await;
    server.connected.notify_one();
    tokio::time::advance(Duration::from_secs(20)).await;
    let result = writing.await.unwrap();
    assert!(is_fenced(&result), "{result:?}");
    assert_eq!(server.reached(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_write_goes_on_while_the_lease_is_renewed() {
    let server = Server::default();
    let (fence, elector) = Fence::until(Duration::from_secs(10));
    let writing = tokio::spawn(write(server.way().fenced(fence)));
    // Virtual: together longer than the lease that it began with.
    tokio::time::sleep(Duration::from_secs(9)).await;
    elector.renew(Duration::from_secs(10));
    tokio::time::sleep(Duration::from_secs(9)).await;
    server.connected.notify_one();
    writing.await.unwrap().unwrap();
    assert_eq!(server.reached(), ["PATCH"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_once_the_elector_is_gone() {
    let server = Server::default();
    let (fence, elector) = Fence::until(Duration::from_secs(10));
    let client = server.way().fenced(fence);
    drop(elector);
    assert!(is_fenced(&write(client).await));
}

#[tokio::test(start_paused = true)]
async fn what_is_answered_is_counted() {
    let server = Server::default();
    let way = server.way();
    server.connected.notify_one();
    write(way.fenced(Fence::open())).await.unwrap();
    let told = way.metrics().exposition().unwrap();
    let series = "controller_clientset_k8s_request_total{kind=\"configmaps\",name=\"N/A\",namespace=\"shop\",status_code=\"200\",verb=\"Patch\"} 1";
    assert!(told.contains(series), "{told}");
}
