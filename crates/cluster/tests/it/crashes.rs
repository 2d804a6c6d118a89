//! Controllers that die at any moment (I11).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use world::World;

use crate::manifests::shop;
use crate::region::{Region, is_promoted};
use crate::waiting::settled;

const HOUR: Duration = Duration::from_secs(3600);

/// The ReplicaSets with their uids and sizes, by name.
async fn sets(region: &Region) -> BTreeMap<String, (Value, Value)> {
    let sets = region.list("apps/v1", "ReplicaSet").await;
    let row = |set: &Value| {
        let name = set["metadata"]["name"].as_str().unwrap().to_owned();
        (name, (set["metadata"]["uid"].clone(), set["spec"]["replicas"].clone()))
    };
    sets.iter().map(row).collect()
}

/// How many pods are to stay.
fn running(world: &World) -> usize {
    let stays = |pod: &&Arc<Value>| pod["metadata"].get("deletionTimestamp").is_none();
    world.objects("", "pods", "").filter(stays).count()
}

/// Waits until a release is over, with all that it leaves to do; gives the Rollout.
async fn over(region: &Region) -> Value {
    let rollout = region.until("default", "shop", HOUR, is_promoted).await;
    // Pods of an Experiment stay for half a minute after its end.
    let alone = |world: &World| (running(world) == 2).then_some(());
    region.until_found(Duration::from_secs(60), alone).await.expect("two pods are left");
    // Events are written after the status.
    settled().await;
    rollout
}

/// How a release ended.
type End = (BTreeMap<String, (Value, Value)>, Value);

/// A release whose controller dies after so many writes, and another one started `later`; `None` when the release was
/// over before.
async fn release(of: &Value, writes: usize, later: Duration) -> Option<End> {
    let region = Region::with("us-east-1", std::slice::from_ref(of)).await;
    let first = region.control(region.settings()).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    first.die_after(writes);
    region.set_image("default", "shop", "shop:2").await;
    tokio::select! {
        () = first.dead() => {}
        _ = over(&region) => {}
    }
    // Its last write arrives.
    settled().await;
    let died = first.is_dead();
    first.kill();
    // Virtual: how long nobody looks after the release.
    tokio::time::sleep(later).await;
    let before = sets(&region).await;
    let _second = region.control(region.settings()).await;
    let rollout = over(&region).await;
    let after = sets(&region).await;
    for (name, (uid, _)) in before {
        assert_eq!(after[&name].0, uid, "{name} was made anew");
    }
    assert_eq!(region.server.with_world(|world, _| running(world)), 2);
    let status = json!({
        "stable": rollout["status"]["stableRS"], "step": rollout["status"]["currentStepIndex"],
        "phase": rollout["status"]["phase"], "available": rollout["status"]["availableReplicas"],
    });
    let sizes = after.into_iter().map(|(name, (_, size))| (name, (Value::Null, size))).collect();
    died.then_some((sizes, status))
}

/// Ends a release after each of its writes; how many ReplicaSets are left each time.
async fn each_end(of: &Value) -> usize {
    let mut ends: Vec<End> = Vec::new();
    for writes in 1.. {
        // Every other successor comes so late that pauses are over when it starts.
        let later = Duration::from_secs(if writes % 2 == 0 { 0 } else { 90 });
        let Some(end) = release(of, writes, later).await else { break };
        ends.push(end);
    }
    assert!(ends.len() >= 10, "a release takes more than {} writes", ends.len());
    assert_eq!(ends[0].1["phase"], "Healthy");
    for (at, end) in ends.iter().enumerate() {
        assert_eq!(end, &ends[0], "died after write {}", at + 1);
    }
    ends[0].0.len()
}

#[tokio::test(start_paused = true)]
async fn a_release_ends_the_same_after_whichever_write_its_controller_dies() {
    assert_eq!(each_end(&shop("shop")).await, 2, "one ReplicaSet a version");
}

#[tokio::test(start_paused = true)]
async fn a_release_with_an_experiment_ends_the_same_after_whichever_write_its_controller_dies() {
    let mut rollout = shop("shop");
    rollout["spec"]["strategy"]["canary"]["steps"] = json!([
        {"experiment": {"duration": "20s", "templates": [
            {"name": "old", "specRef": "stable"}, {"name": "new", "specRef": "canary", "service": {}},
        ]}},
        {"setWeight": 50},
    ]);
    assert_eq!(each_end(&rollout).await, 4, "one ReplicaSet a version, and one a template");
}

/// A run of four measurements whose controller dies after so many writes: its result, and how often was measured; `None`
/// when it was over before.
async fn measurements(writes: usize) -> Option<(Value, usize)> {
    let region = Region::with("us-east-1", &[]).await;
    let first = region.control(region.settings()).await;
    first.die_after(writes);
    region
        .apply(&json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun",
            "metadata": {"name": "run", "namespace": "default"},
            "spec": {"metrics": [{"name": "errors", "count": 4, "interval": "10s", "successCondition": "result[0] < 1",
                                  "provider": {"prometheus": {"address": "http://prometheus", "query": "up"}}}]},
        }))
        .await;
    let over = |run: &Value| run["status"]["phase"] == "Successful";
    let run = ["argoproj.io", "analysisruns", "default", "run"];
    tokio::select! {
        () = first.dead() => {}
        _ = region.until_object(run, HOUR, over) => {}
    }
    // Virtual: it measures once more, and the status that tells of it does not arrive.
    tokio::time::sleep(Duration::from_secs(15)).await;
    let died = first.is_dead();
    first.kill();
    let _second = region.control(region.settings()).await;
    let ended = region.until_object(run, HOUR, over).await;
    died.then(|| (ended["status"]["metricResults"][0].clone(), region.outside.asked().len()))
}

#[tokio::test(start_paused = true)]
async fn no_measurement_is_counted_twice_after_whichever_write_the_controller_dies() {
    let mut asked = Vec::new();
    while let Some((result, times)) = measurements(asked.len()).await {
        let deaths = asked.len();
        let told = result["measurements"].as_array().unwrap();
        assert_eq!((&result["count"], &result["successful"]), (&json!(4), &json!(4)), "{deaths}: {result:#}");
        assert_eq!(told.len(), 4, "{deaths}: {result:#}");
        let started: BTreeSet<&str> = told.iter().filter_map(|it| it["startedAt"].as_str()).collect();
        assert_eq!(started.len(), 4, "each at its own time; {deaths}: {result:#}");
        asked.push(times);
    }
    assert!(asked.len() >= 5, "a run takes more writes than {}", asked.len());
    let lost = asked.iter().filter(|times| **times == 5).count();
    assert_eq!(lost, 3, "each but the first was once lost between reading and writing: {asked:?}");
}
