//! Commands that follow changes, against the in-memory API server in virtual time.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use apiserver::{Clock, Options, Server};
use aviary_cli::{Io, Paint, Target, run};
use kube::Client;
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use crate::{env, words};

const ROLLOUTS: &str = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts";

/// A stream that can be read while it is written.
#[derive(Clone, Default)]
struct Shown(Arc<watch::Sender<Vec<u8>>>);

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.send_modify(|shown| shown.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shown {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }

    /// Waits until the output has what is wanted, for at most a minute of virtual time.
    async fn until(&self, what: impl Fn(&str) -> bool) {
        let mut changes = self.0.subscribe();
        let waiting = changes.wait_for(|shown| what(std::str::from_utf8(shown).unwrap()));
        let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok();
        assert!(waited, "in vain: {}", self.text());
    }
}

async fn send(client: &Client, method: &str, path: &str, content_type: &str, body: &Json) -> Json {
    let request = http::Request::builder().method(method).uri(path).header("content-type", content_type);
    client.request(request.body(body.to_string().into_bytes()).unwrap()).await.unwrap()
}

/// A server that knows Rollouts, and one Rollout in it.
async fn shop() -> (Server, Client) {
    let clock = Clock::starting_at("2026-01-02T03:04:05Z".parse().unwrap());
    let server = Server::new(Options { clock, ..Options::default() }).unwrap();
    let client = Client::new(server.service(), "shop");
    for kind in ["rollouts", "experiments", "analysisruns"] {
        let path = format!("{}/../../fixtures/crds/{kind}.yaml", env!("CARGO_MANIFEST_DIR"));
        let definition: Json = crd::yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let all = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        send(&client, "POST", all, "application/json", &definition).await;
    }
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    send(&client, "POST", "/api/v1/namespaces", "application/json", &namespace).await;
    let rollout = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "cart"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "cart"}},
            "template": {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "web", "image": "a:1"}]}},
            "strategy": {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}}},
    });
    send(&client, "POST", ROLLOUTS, "application/json", &rollout).await;
    (server, client)
}

async fn becomes(client: &Client, phase: &str, message: &str) {
    let body = json!({"status": {"observedGeneration": "1", "phase": phase, "message": message, "currentStepIndex": 1}});
    send(client, "PATCH", &format!("{ROLLOUTS}/cart/status"), "application/merge-patch+json", &body).await;
}

/// Runs a command beside a script; the exit code, unless the script ended first.
async fn beside<F: Future<Output = ()>>(
    client: &Client,
    line: &str,
    script: impl FnOnce(Shown) -> F,
) -> (Option<u8>, String) {
    let (shown, mut out, mut err) = (Shown::default(), Shown::default(), Vec::new());
    out.0 = shown.0.clone();
    let mut io = Io { out: &mut out, err: &mut err };
    let mut env = env("aviary");
    env.paint = Paint::Plain;
    let command = run(words(line), &env, &mut io, Target::Given(client.clone()));
    let script = async {
        script(shown.clone()).await;
        // A command that ends by itself does so within its own time, which is virtual.
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    let code = tokio::select! {
        code = command => Some(code),
        () = script => None,
    };
    (code, shown.text())
}

#[tokio::test(start_paused = true)]
async fn status_tells_each_new_phase_and_ends_with_the_rollout_healthy() {
    let (_server, client) = shop().await;
    becomes(&client, "Progressing", "more replicas need to be updated").await;
    let (code, text) = beside(&client, "status cart", async |shown: Shown| {
        shown.until(|text| text.contains("Progressing")).await;
        becomes(&client, "Paused", "CanaryPauseStep").await;
        shown.until(|text| text.contains("Paused")).await;
        becomes(&client, "Healthy", "").await;
    })
    .await;
    assert_eq!(text, "Progressing - more replicas need to be updated\nPaused - CanaryPauseStep\nHealthy\n");
    assert_eq!(code, Some(0));
}

#[tokio::test(start_paused = true)]
async fn status_fails_when_time_is_up() {
    let (_server, client) = shop().await;
    becomes(&client, "Paused", "CanaryPauseStep").await;
    let (code, text) = beside(&client, "status cart --timeout 20s", async |_| {}).await;
    assert_eq!((code, text.as_str()), (Some(1), "Paused - CanaryPauseStep\n"));
}

#[tokio::test(start_paused = true)]
async fn get_draws_the_tree_anew_when_something_changes_and_each_second() {
    let (_server, client) = shop().await;
    becomes(&client, "Paused", "CanaryPauseStep").await;
    let (code, text) = beside(&client, "get rollout cart -w", async |shown: Shown| {
        shown.until(|text| text.contains("Paused")).await;
        becomes(&client, "Healthy", "").await;
        shown.until(|text| text.contains("Healthy")).await;
    })
    .await;
    assert_eq!(code, None, "it ends only when it is asked to");
    let clears = text.matches("\u{1b}[H\u{1b}[2J\u{1b}[0;0H").count();
    assert!((60..70).contains(&clears), "{clears} prints in a minute");
}

#[tokio::test(start_paused = true)]
async fn list_prints_a_row_when_what_it_shows_is_new() {
    let (_server, client) = shop().await;
    becomes(&client, "Paused", "CanaryPauseStep").await;
    let (code, text) = beside(&client, "list rollouts -w", async |shown: Shown| {
        shown.until(|text| text.contains("Paused")).await;
        becomes(&client, "Paused", "another message").await;
        becomes(&client, "Healthy", "").await;
        shown.until(|text| text.contains("Healthy")).await;
    })
    .await;
    assert_eq!(code, None);
    let states: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert_eq!(states, ["STATUS", "Paused", "Healthy"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_gets_a_new_line_when_more_than_its_age_is_new() {
    let (_server, client) = shop().await;
    let all = "/apis/argoproj.io/v1alpha1/namespaces/shop/analysisruns";
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "metadata": {"name": "one"},
        "spec": {"metrics": [{"name": "errors", "provider": {}}]}, "status": {"phase": "Pending"},
    });
    send(&client, "POST", all, "application/json", &object).await;
    let becomes = async |phase: &str, message: &str| {
        let body = json!({"status": {"phase": phase, "message": message}});
        send(&client, "PATCH", &format!("{all}/one"), "application/merge-patch+json", &body).await;
    };
    let (code, text) = beside(&client, "list analysisruns -w", async |shown: Shown| {
        shown.until(|text| text.contains("Pending")).await;
        becomes("Running", "").await;
        shown.until(|text| text.contains("Running")).await;
        becomes("Running", "another message").await;
        becomes("Successful", "").await;
        shown.until(|text| text.contains("Successful")).await;
    })
    .await;
    assert_eq!(code, None, "it ends only when it is asked to");
    let states: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(states, ["STATUS", "Pending", "Running", "Successful"], "{text}");
}

#[tokio::test(start_paused = true)]
async fn verbs_do_what_they_say_on_a_server_with_schemas() {
    let (_server, client) = shop().await;
    becomes(&client, "Paused", "CanaryPauseStep").await;
    for line in [
        "pause cart",
        "set image cart web=a:2",
        "restart cart",
        "abort cart",
        "retry rollout cart",
        "promote cart --full",
    ] {
        let (code, text) = beside(&client, line, async |_| {}).await;
        assert_eq!(code, Some(0), "{line}: {text}");
    }
    let request = http::Request::get(format!("{ROLLOUTS}/cart")).body(Vec::new()).unwrap();
    let rollout: Json = client.request(request).await.unwrap();
    // A full promotion ends the pause.
    assert_eq!(rollout["spec"]["paused"], false);
    assert_eq!(rollout["spec"]["restartAt"], "2026-01-02T03:04:05Z");
    assert_eq!(rollout["spec"]["template"]["spec"]["containers"][0]["image"], "a:2");
    assert_eq!(rollout["status"]["abort"], false);
}
