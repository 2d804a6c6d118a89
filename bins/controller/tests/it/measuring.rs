//! What the flags of measuring come to in the metrics of a running controller: processes and sockets are real.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use apiserver::Server;
use axum::serve::ListenerExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use world::Resource;

use crate::controller::{Running, command, guarded};
use crate::front::Front;
use crate::leading::{apply, server, until};

/// A server on this machine that answers every metric with 1.
struct Loopback {
    address: SocketAddr,
    /// How often somebody connected, in the order in which they came.
    connections: Arc<AtomicUsize>,
}

impl Loopback {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let listener = listener.tap_io(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let app = axum::Router::new().fallback(async || "1");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, connections }
    }

    /// A run in a namespace that asks it once; what is not good is tolerated, an error is not.
    fn run(&self, server: &Server, namespace: &str, name: &str, good: &str) {
        let metric = json!({
            "name": "answer", "successCondition": good, "failureLimit": 1, "consecutiveErrorLimit": 0,
            "provider": {"web": {"url": format!("http://{}/", self.address)}},
        });
        let run = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
            "metadata": {"name": name, "namespace": namespace}, "spec": {"metrics": [metric]},
        });
        apply(server, Resource::new("argoproj.io", "v1alpha1", "analysisruns", namespace, name), run);
    }
}

/// The status of a run, once it is over.
async fn ended(server: &Server, namespace: &str, name: &str) -> Value {
    let status = || {
        let run = server
            .with_world(|world, _| world.object("argoproj.io", "analysisruns", namespace, name).cloned());
        run.map_or(Value::Null, |run| run["status"].clone())
    };
    until(server, &format!("{name} is over"), || status()["completedAt"].is_string()).await;
    status()
}

/// The guard's word on it.
fn assert_refused(status: &Value) {
    let measurement = &status["metricResults"][0]["measurements"][0];
    assert_eq!((&status["phase"], &measurement["phase"]), (&json!("Error"), &json!("Error")), "{status}");
    let message = measurement["message"].as_str().unwrap();
    let told = ["egress to 127.0.0.1 is refused by the rule ", "--metric-egress-allow allows it"];
    assert!(told.iter().all(|part| message.contains(part)), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_ask_the_controllers_machine_only_in_a_namespace_that_a_flag_lets() {
    let (server, asked) = (server(), Loopback::start().await);
    let front = Front::of(&server).await;
    for name in ["lab", "shop"] {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        apply(&server, Resource::new("", "v1", "namespaces", "", name), namespace);
    }
    let plain = Running::spawn(guarded(front.kubeconfig.path(), &["--loglevel=error"]));
    asked.run(&server, "shop", "without-flags", "result == 1");
    assert_refused(&ended(&server, "shop", "without-flags").await);
    plain.kill();

    let words = ["--loglevel=error", "--metric-egress-allow=shop=127.0.0.1"];
    let _running = Running::spawn(guarded(front.kubeconfig.path(), &words));
    asked.run(&server, "lab", "elsewhere", "result == 1");
    assert_refused(&ended(&server, "lab", "elsewhere").await);
    asked.run(&server, "shop", "let-in", "result == 1");
    let status = ended(&server, "shop", "let-in").await;
    assert_eq!(status["phase"], "Successful", "{status}");
    assert_eq!(status["metricResults"][0]["measurements"][0]["value"], "1");
    // They are counted in the order in which they come: of those before it none has come.
    assert_eq!(asked.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_without_a_successful_measurement_is_successful_only_where_the_flag_says_so() {
    let (server, asked) = (server(), Loopback::start().await);
    let front = Front::of(&server).await;
    for (words, name, phase, message) in [
        (&["--loglevel=error"][..], "strict", "Inconclusive", "No measurement was successful"),
        (&["--loglevel=error", "--accept-no-success"], "lenient", "Successful", ""),
    ] {
        let running = Running::spawn(command(front.kubeconfig.path(), words));
        asked.run(&server, "default", name, "result == 2");
        let status = ended(&server, "default", name).await;
        let told = status["message"].as_str().unwrap_or_default();
        assert_eq!((&status["phase"], told), (&json!(phase), message), "{status}");
        assert_eq!(status["metricResults"][0]["measurements"][0]["phase"], "Failed", "{status}");
        running.kill();
    }
}
