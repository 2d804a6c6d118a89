//! The ConfigMap `argo-rollouts-config`: at the start, and while the controller runs.

use std::time::Duration;

use aviary_cluster::{Controller, Settings};
use kube::Client;
use serde_json::{Value, json};

use crate::manifests::shop;
use crate::region::{Region, is_promoted};
use crate::waiting::settled;

const HOUR: Duration = Duration::from_secs(3600);
const DISABLED: &str = "- {name: org/step, location: 'file:///step', disabled: true}";

fn config(data: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "argo-rollouts-config", "namespace": "argo-rollouts"}, "data": data,
    })
}

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argo-rollouts"}})
}

/// A shop with a step of a plugin that nobody runs here.
fn with_a_step_of_a_plugin() -> Value {
    let mut rollout = shop("shop");
    rollout["spec"]["strategy"]["canary"]["steps"] =
        json!([{"setWeight": 50}, {"plugin": {"name": "org/step"}}, {"pause": {"duration": "1m"}}]);
    rollout
}

fn is_refused(rollout: &Value) -> bool {
    rollout["status"]["phase"] == "Degraded" && rollout["status"]["message"].to_string().contains("org/step")
}

async fn released(region: &Region, image: &str) {
    region.set_image("default", "shop", image).await;
    region.until("default", "shop", HOUR, |rollout| !is_promoted(rollout)).await;
    region.until("default", "shop", HOUR, is_promoted).await;
}

#[tokio::test(start_paused = true)]
async fn a_malformed_configuration_keeps_a_controller_from_starting_and_the_key_is_named() {
    for (key, text, told) in [
        (
            "trafficRouterPlugins",
            "- {name: nginx, location: 'https://x'}",
            "must be in the format of <namespace>/<name>",
        ),
        (
            "metricProviderPlugins",
            "- {name: a/b, location: 'ftp://x'}",
            "plugin location must be of http(s) or file scheme",
        ),
        ("stepPlugins", "{", "not a YAML list"),
    ] {
        let region = Region::with("us-east-1", &[namespace(), config(&json!({key: text}))]).await;
        let error = Controller::new(region.client(), region.settings()).await.err().unwrap().to_string();
        assert!(
            error.starts_with("ConfigMap argo-rollouts/argo-rollouts-config: ") && error.contains(key),
            "{error}"
        );
        assert!(error.contains(told) && error.lines().count() == 1, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_configuration_is_that_of_the_controllers_own_namespace() {
    let region = Region::with("us-east-1", &[namespace(), config(&json!({"stepPlugins": "{"}))]).await;
    let settings = Settings { home: "ctl".to_owned(), ..region.settings() };
    assert!(Controller::new(region.client(), settings).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn steps_of_a_disabled_plugin_are_passed_over() {
    let objects = [namespace(), config(&json!({"stepPlugins": DISABLED})), with_a_step_of_a_plugin()];
    let region = Region::with("us-east-1", &objects).await;
    let _running = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    released(&region, "shop:2").await;
}

#[tokio::test(start_paused = true)]
async fn a_change_counts_at_once_and_a_malformed_one_leaves_the_last_good_in_force() {
    let region = Region::with("us-east-1", &[namespace(), with_a_step_of_a_plugin()]).await;
    let settings = Settings { resync: None, ..region.settings() };
    let _running = region.control(settings).await;
    region.until("default", "shop", HOUR, is_refused).await;
    region.apply(&config(&json!({"stepPlugins": DISABLED}))).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    region.apply(&config(&json!({"stepPlugins": "- {name: nginx}"}))).await;
    // It is read by then: nothing else tells that it was.
    settled().await;
    released(&region, "shop:2").await;
    region.delete(&config(&json!({}))).await;
    region.until("default", "shop", HOUR, is_refused).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reaches_nobody_is_told_before_the_configuration_is_asked_for() {
    let nobody = tower::service_fn(|_: http::Request<kube::client::Body>| async {
        Err::<http::Response<apiserver::Body>, _>(std::io::Error::other("nobody"))
    });
    let error = Controller::new(Client::new(nobody, "default"), Settings::default()).await.err().unwrap();
    assert!(error.to_string().starts_with("cannot reach the API server"), "{error}");
}
