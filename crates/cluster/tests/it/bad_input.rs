//! Bad input: one clear message each, and everything else goes on.

use std::time::Duration;

use serde_json::{Value, json};
use world::{Request, Resource};

use crate::journals::{keeping, read};
use crate::manifests::{shop, template};
use crate::region::{Region, is_promoted};

const HOUR: Duration = Duration::from_secs(3600);

/// A shop whose second step is an analysis by `template`.
fn analysed(name: &str, template: &str, args: &Value) -> Value {
    let mut rollout = shop(name);
    rollout["spec"]["strategy"]["canary"]["steps"] = json!([
        {"setWeight": 50},
        {"analysis": {"templates": [{"templateName": template}], "args": args}},
    ]);
    rollout
}

fn condition<'a>(rollout: &'a Value, kind: &str) -> &'a Value {
    let conditions = rollout["status"]["conditions"].as_array().unwrap();
    conditions.iter().find(|condition| condition["type"] == kind).unwrap_or(&Value::Null)
}

/// A good Rollout in the same namespace is released as if nothing were wrong.
async fn the_others_go_on(region: &Region) {
    region.set_image("default", "good", "shop:2").await;
    region.until("default", "good", HOUR, is_promoted).await;
}

#[tokio::test(start_paused = true)]
async fn an_impossible_spec_is_told_with_field_and_value_and_works_once_it_is_mended() {
    let mut bad = shop("bad");
    bad["spec"]["strategy"]["canary"]["steps"][0] = json!({"setWeight": 150});
    let region = Region::with("us-east-1", &[shop("good"), bad]).await;
    let _running = region.control(region.settings()).await;
    let rollout =
        region.until("default", "bad", HOUR, |rollout| rollout["status"]["phase"] == "Degraded").await;
    let invalid = condition(&rollout, "InvalidSpec");
    let message = invalid["message"].as_str().unwrap();
    assert!(
        message.contains("\"bad\"") && message.contains("setWeight") && message.contains("150"),
        "{message}"
    );
    the_others_go_on(&region).await;
    assert!(
        region
            .list("apps/v1", "ReplicaSet")
            .await
            .iter()
            .all(|set| set["metadata"]["labels"]["app"] != "bad")
    );
    region.apply(&shop("bad")).await;
    let mended = region.until("default", "bad", HOUR, is_promoted).await;
    assert_eq!(condition(&mended, "InvalidSpec"), &Value::Null);
}

#[tokio::test(start_paused = true)]
async fn an_argument_that_no_template_declares_a_value_for_is_named() {
    let objects = [
        shop("good"),
        template("errors", json!([{"name": "threshold"}])),
        analysed("bad", "errors", &json!([])),
    ];
    let region = Region::with("us-east-1", &objects).await;
    let _running = region.control(region.settings()).await;
    region.until("default", "bad", HOUR, |rollout| !rollout["status"]["phase"].is_null()).await;
    region.set_image("default", "bad", "shop:2").await;
    let told = |rollout: &Value| rollout["status"].to_string().contains("threshold");
    let rollout = region.until("default", "bad", HOUR, told).await;
    let message = rollout["status"]["message"].as_str().unwrap();
    assert!(message.contains("threshold"), "{:#}", rollout["status"]);
    the_others_go_on(&region).await;
}

#[tokio::test(start_paused = true)]
async fn a_metric_system_that_does_not_answer_ends_the_release_with_its_address() {
    let objects = [shop("good"), template("errors", json!([])), analysed("bad", "errors", &json!([]))];
    let region = Region::with("us-east-1", &objects).await;
    region
        .outside
        .metric("errors", Err("connection refused (prometheus at http://prometheus:9090)".to_owned()));
    let _running = region.control(region.settings()).await;
    region.until("default", "bad", HOUR, is_promoted).await;
    region.set_image("default", "bad", "shop:2").await;
    let aborted =
        |rollout: &Value| rollout["status"]["abort"] == true && rollout["status"]["phase"] == "Degraded";
    let rollout = region.until("default", "bad", HOUR, aborted).await;
    let message = rollout["status"]["message"].as_str().unwrap();
    for part in ["consecutiveErrors (5) > consecutiveErrorLimit (4)", "http://prometheus:9090"] {
        assert!(message.contains(part), "{message}");
    }
    the_others_go_on(&region).await;
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_stops_no_other() {
    let region = Region::with("us-east-1", &[shop("good")]).await;
    let _running = region.control(region.settings()).await;
    region.until("default", "good", HOUR, is_promoted).await;
    // What an older definition without a schema let in.
    region.server.with_world(|world, now| {
        let definition =
            world.object("apiextensions.k8s.io", "customresourcedefinitions", "", "rollouts.argoproj.io");
        let mut definition = definition.unwrap().as_ref().clone();
        definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"] =
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let resource = Resource::new(
            "apiextensions.k8s.io",
            "v1",
            "customresourcedefinitions",
            "",
            "rollouts.argoproj.io",
        );
        world.handle(&Request::update(resource, definition), now).unwrap();
    });
    let mut malformed = shop("malformed");
    malformed["spec"]["replicas"] = json!("many");
    region.apply(&malformed).await;
    the_others_go_on(&region).await;
    assert_eq!(region.rollout("default", "malformed")["status"], Value::Null);
    // Mended, it is looked after like any other.
    region.apply(&shop("malformed")).await;
    region.until("default", "malformed", HOUR, is_promoted).await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_in_no_object_whatever_fails() {
    const MARK: &str = "marked-3f2c9a";
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": "default"},
        "stringData": {"value": MARK},
    });
    let args = json!([{"name": "token", "valueFrom": {"secretKeyRef": {"name": "token", "key": "value"}}}]);
    let mut errors = template("errors", args);
    errors["spec"]["metrics"][0]["provider"]["prometheus"]["headers"] =
        json!([{"key": "Authorization", "value": "{{args.token}}"}]);
    let region = Region::with("us-east-1", &[secret, errors, analysed("bad", "errors", &json!([]))]).await;
    region.outside.metric("errors", Err(format!("401 for {MARK}")));
    let _running = region.control(keeping(&region, 100)).await;
    region.until("default", "bad", HOUR, is_promoted).await;
    region.set_image("default", "bad", "shop:2").await;
    region.until("default", "bad", HOUR, |rollout| rollout["status"]["abort"] == true).await;
    let asked = region.outside.asked();
    assert!(serde_json::to_string(&asked[0]).unwrap().contains(MARK), "the provider gets it");
    for (api_version, kind) in [
        ("argoproj.io/v1alpha1", "Rollout"),
        ("argoproj.io/v1alpha1", "AnalysisRun"),
        ("apps/v1", "ReplicaSet"),
        ("v1", "Event"),
        ("v1", "ConfigMap"),
    ] {
        let text = Value::from(region.list(api_version, kind).await).to_string();
        assert!(!text.contains(MARK), "{kind}: {text}");
    }
    let journal = read(&region, "default", "bad").unwrap();
    let text = serde_json::to_string(&journal).unwrap();
    assert!(text.contains("secretKeyRef") && !text.contains(MARK), "{text}");
}
