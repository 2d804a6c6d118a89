//! What a controller says on its ports, whether it leads or not (spec controller-binary 4). Sockets are real here, and so
//! is time.

use std::net::{Ipv4Addr, SocketAddr};

use aviary_cluster::{Controller, Settings};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::manifests::shop;
use crate::region::{Region, lease};

async fn get(address: SocketAddr, path: &str) -> (u16, String, String) {
    let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
    let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let headers = format!("{}; {}", header("content-type"), header("x-content-type-options"));
    (answer.status().as_u16(), headers, answer.text().await.unwrap())
}

#[tokio::test]
async fn a_follower_is_healthy_and_tells_of_itself_and_of_no_object() {
    // It is there already: no connection is ever made over TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let held = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "argo-rollouts-controller-lock", "namespace": "default"},
        "spec": {"holderIdentity": "another", "leaseDurationSeconds": 15},
    });
    region.apply(&held).await;
    let any = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let settings = Settings {
        lease: Some(lease("follower")),
        metrics_address: any,
        health_address: any,
        ..region.settings()
    };
    let controller = Controller::new(region.client(), settings).await.unwrap();
    let (health, metrics) = (controller.health_address().unwrap(), controller.metrics_address().unwrap());
    let stop = CancellationToken::new();
    let running = tokio::spawn(controller.run(stop.clone()));

    let plain = "text/plain; charset=utf-8; nosniff".to_owned();
    assert_eq!(get(health, "/healthz").await, (200, plain.clone(), "ok".to_owned()));
    for path in ["/", "/readyz", "/metrics"] {
        let (code, ..) = get(health, path).await;
        assert_eq!(code, 404, "{path}");
    }
    let (code, headers, told) = get(metrics, "/metrics").await;
    assert_eq!((code, headers.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8; nosniff"));
    assert!(told.contains("argo_rollouts_controller_info{") && told.contains("process_open_fds"), "{told}");
    assert!(!told.contains("rollout_info{"), "{told}");
    let (code, ..) = get(metrics, "/healthz").await;
    assert_eq!(code, 404);
    stop.cancel();
    running.await.unwrap();
}
