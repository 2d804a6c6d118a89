//! What wakes a Rollout, and what becomes of what it leaves behind (spec rollout-reconcile 1).

use std::time::Duration;

use aviary_cluster::Settings;
use serde_json::{Value, json};

use crate::manifests::shop;
use crate::region::{Region, is_promoted};
use crate::waiting::settled;

const HOUR: Duration = Duration::from_secs(3600);
const MANAGED_BY: &str = "argo-rollouts.argoproj.io/managed-by-rollouts";
const HASH: &str = "rollouts-pod-template-hash";

/// A shop behind a Service of its stable version.
fn served(name: &str, service: &str) -> [Value; 2] {
    let mut rollout = shop(name);
    rollout["spec"]["strategy"]["canary"]["stableService"] = json!(service);
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": service, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    });
    [rollout, service]
}

fn service(region: &Region, name: &str) -> Value {
    region.object("", "services", "default", name).unwrap()
}

fn selects_a_version(service: &Value) -> bool {
    service["spec"]["selector"].get(HASH).is_some()
}

/// Waits until `holds` is true of the Service.
async fn until(region: &Region, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
    region.until_object(["", "services", "default", name], HOUR, holds).await
}

fn is_released(service: &Value) -> bool {
    !selects_a_version(service)
}

/// The messages of events for this reason.
async fn told(region: &Region, reason: &str) -> Vec<String> {
    let events = region.list("v1", "Event").await;
    let of_reason = events.iter().filter(|event| event["reason"] == reason);
    of_reason.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_rollout_that_comes_and_goes_is_told() {
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let running = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    settled().await;
    assert_eq!(
        told(&region, "RolloutAddedToInformer").await,
        ["Rollout resource added to informer: default/shop"]
    );
    region.delete(&shop("shop")).await;
    settled().await;
    assert_eq!(told(&region, "RolloutDeleted").await, ["Rollout shop/default is deleted."]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_of_a_rollout_that_is_gone_selects_all_versions_again() {
    let region = Region::with("us-east-1", &served("shop", "front")).await;
    let _running = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    let before = service(&region, "front");
    assert!(
        selects_a_version(&before) && before["metadata"]["annotations"][MANAGED_BY] == "shop",
        "{before:#}"
    );
    region.delete(&shop("shop")).await;
    let after = until(&region, "front", is_released).await;
    assert_eq!(after["spec"]["selector"], json!({"app": "shop"}), "nothing else is touched");
    assert!(after["metadata"]["annotations"].get(MANAGED_BY).is_none(), "{after:#}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_a_rollout_refers_to_no_more_is_released_and_the_new_one_taken() {
    let [rollout, front] = served("shop", "front");
    let [_, other] = served("shop", "other");
    let region = Region::with("us-east-1", &[rollout, front, other]).await;
    let _running = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    let patch = json!({"spec": {"strategy": {"canary": {"stableService": "other"}}}});
    region.change("default", "shop", patch).await;
    until(&region, "front", is_released).await;
    until(&region, "other", selects_a_version).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_without_a_rollout_is_released_when_a_controller_starts() {
    let [_, mut front] = served("shop", "front");
    front["spec"]["selector"][HASH] = json!("abc");
    let region = Region::with("us-east-1", &[front]).await;
    let _running = region.control(region.settings()).await;
    until(&region, "front", is_released).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_of_another_controllers_rollout_is_left_alone() {
    let [mut rollout, mut front] = served("shop", "front");
    rollout["metadata"]["labels"] = json!({"argo-rollouts.argoproj.io/controller-instance-id": "blue"});
    front["spec"]["selector"][HASH] = json!("abc");
    let [_, mut nobodys] = served("other", "nobodys");
    nobodys["spec"]["selector"][HASH] = json!("abc");
    let region = Region::with("us-east-1", &[rollout, front, nobodys]).await;
    let _running = region.control(region.settings()).await;
    // It looks at Services that it did not write.
    until(&region, "nobodys", is_released).await;
    // Virtual: four of the periods in which everything is looked at again.
    tokio::time::sleep(HOUR).await;
    assert!(selects_a_version(&service(&region, "front")));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_loses_its_version_gets_it_back() {
    let region = Region::with("us-east-1", &served("shop", "front")).await;
    let _running = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    let [_, mut front] = served("shop", "front");
    front["spec"]["selector"][HASH] = json!("somebody-elses");
    region.apply(&front).await;
    let hash = region.rollout("default", "shop")["status"]["stableRS"].clone();
    until(&region, "front", |front| front["spec"]["selector"][HASH] == hash).await;
}

/// A Rollout that takes its template from a workload, and the workload with this image.
fn referring(kind: &str, api_version: &str, image: &str) -> [Value; 2] {
    let mut rollout = shop("shop");
    let spec = rollout["spec"].as_object_mut().unwrap();
    let mut template = spec.remove("template").unwrap();
    template["spec"]["containers"][0]["image"] = json!(image);
    spec.insert("workloadRef".to_owned(), json!({"apiVersion": api_version, "kind": kind, "name": "origin"}));
    let mut workload = json!({
        "apiVersion": api_version, "kind": kind, "metadata": {"name": "origin", "namespace": "default"},
    });
    if kind == "PodTemplate" {
        workload["template"] = template;
    } else {
        workload["spec"] =
            json!({"replicas": 0, "selector": {"matchLabels": {"app": "shop"}}, "template": template});
    }
    [rollout, workload]
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_workload_that_a_rollout_refers_to_is_an_update() {
    for (kind, api_version) in [("Deployment", "apps/v1"), ("ReplicaSet", "apps/v1"), ("PodTemplate", "v1")] {
        let region = Region::with("us-east-1", &referring(kind, api_version, "shop:1")).await;
        // Nothing but the watch may wake it.
        let settings = Settings { resync: None, ..region.settings() };
        let running = region.control(settings).await;
        region.until("default", "shop", HOUR, is_promoted).await;
        let [_, workload] = referring(kind, api_version, "shop:2");
        let before = region.rollout("default", "shop")["status"]["currentPodHash"].clone();
        region.apply(&workload).await;
        region.until("default", "shop", HOUR, |rollout| rollout["status"]["currentPodHash"] != before).await;
        let rollout = region.until("default", "shop", HOUR, is_promoted).await;
        let sets = region.list("apps/v1", "ReplicaSet").await;
        let name = format!("shop-{}", rollout["status"]["stableRS"].as_str().unwrap());
        let set = sets.iter().find(|set| set["metadata"]["name"] == *name).unwrap();
        assert_eq!(set["spec"]["template"]["spec"]["containers"][0]["image"], "shop:2", "{kind}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_workload_that_is_gone_makes_the_spec_invalid_until_it_is_back() {
    let [rollout, workload] = referring("PodTemplate", "v1", "shop:1");
    let region = Region::with("us-east-1", &[rollout, workload.clone()]).await;
    let _running = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    region.delete(&workload).await;
    let invalid = |rollout: &Value| rollout["status"]["message"].to_string().contains("not found");
    region.until("default", "shop", HOUR, invalid).await;
    region.apply(&workload).await;
    region.until("default", "shop", HOUR, is_promoted).await;
}

#[tokio::test(start_paused = true)]
async fn everything_is_looked_at_once_a_period() {
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let passes = |minutes: u64, resync: Option<u64>| {
        let settings =
            Settings { resync: resync.map(Duration::from_secs), metrics_address: None, ..region.settings() };
        let region = &region;
        async move {
            let running = region.control(settings).await;
            region.until("default", "shop", HOUR, is_promoted).await;
            // Its own last writes wake it once more.
            settled().await;
            let before = running.passes();
            // Virtual: the time is what this is about.
            tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
            let after = running.passes();
            running.stop().await;
            after - before
        }
    };
    assert_eq!(passes(60, None).await, 0);
    assert_eq!(passes(60, Some(900)).await, 4);
}
