//! What answers at the canary's Service: kwok's pods serve nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use xtask::control_plane::ControlPlane;

use crate::cluster::{NAMESPACE, ROLLOUT};

/// A server that says the version of the pods that the Service selects.
pub(crate) struct Canary {
    server: Option<MockServer>,
    degraded: Arc<AtomicBool>,
    runtime: Runtime,
}

impl Canary {
    pub(crate) fn start(plane: &Arc<ControlPlane>) -> Self {
        // The server outlives its test in a pool, and must not keep the control plane and its files.
        let plane = Arc::downgrade(plane);
        let runtime = Runtime::new().unwrap();
        let degraded = Arc::new(AtomicBool::new(false));
        let bad = Arc::clone(&degraded);
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            let health = move |_: &Request| {
                let status = if bad.load(Ordering::Relaxed) { "degraded" } else { "ok" };
                ResponseTemplate::new(200).set_body_json(json!({"status": status}))
            };
            Mock::given(path("/healthz")).respond_with(health).mount(&server).await;
            let version = move |_: &Request| {
                let plane = plane.upgrade().expect("the control plane is there as long as its region");
                ResponseTemplate::new(200).insert_header("x-version", selected_version(&plane))
            };
            Mock::given(method("GET")).respond_with(version).mount(&server).await;
            server
        });
        Self { server: Some(server), degraded, runtime }
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> String {
        self.server.as_ref().unwrap().address().to_string()
    }

    /// From now on it answers, and says that it is not well.
    pub(crate) fn degrade(&self) {
        self.degraded.store(true, Ordering::Relaxed);
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        // The server ends on the runtime that it began on.
        let server = self.server.take();
        self.runtime.block_on(async { drop(server) });
    }
}

/// The tag of the image of the pods behind the canary's Service.
fn selected_version(plane: &ControlPlane) -> String {
    let get = |what: &[&str]| -> Value {
        let words = [&["get", "-n", NAMESPACE, "-o", "json"], what].concat();
        serde_json::from_str(&plane.kubectl(&words).unwrap()).unwrap()
    };
    let service = get(&["service", &format!("{ROLLOUT}-canary")]);
    let selector = service["spec"]["selector"].as_object().unwrap();
    let labels: Vec<String> =
        selector.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap())).collect();
    let pods = get(&["pods", "-l", &labels.join(",")]);
    let image = pods["items"][0]["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
    image.rsplit(':').next().unwrap_or_default().to_owned()
}
