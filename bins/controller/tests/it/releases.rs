//! Releases on the real control plane.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::cluster::{Cluster, is_promoted};
use crate::controller::Running;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Uids of the pods that are there to stay, by image.
fn pods(cluster: &Cluster) -> BTreeMap<String, BTreeSet<String>> {
    let mut pods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for pod in cluster.list("pods").iter().filter(|pod| pod["metadata"].get("deletionTimestamp").is_none()) {
        let image = text(&pod["spec"]["containers"][0]["image"]);
        pods.entry(image).or_default().insert(text(&pod["metadata"]["uid"]));
    }
    pods
}

/// Uids of the ReplicaSets.
fn sets(cluster: &Cluster) -> BTreeSet<String> {
    cluster.list("replicasets").iter().map(|set| text(&set["metadata"]["uid"])).collect()
}

#[test]
fn a_good_release_is_promoted_and_a_bad_one_is_brought_back() {
    let Some(cluster) = Cluster::start("a_good_release_is_promoted_and_a_bad_one_is_brought_back") else {
        return;
    };
    let mut controller = Running::start(&cluster.kubeconfig());
    cluster.until_promoted();
    cluster.set_image("1.5.0");
    cluster.until("the change is observed", |rollout| !is_promoted(rollout));
    let rollout = cluster.until_promoted();
    assert_eq!(rollout["status"]["currentStepIndex"], 13);
    cluster.until("the old pods are gone", |_| pods(&cluster).len() == 1);
    assert_eq!(cluster.take_weights(), [0, 10, 30, 60, 100, 0]);
    let good = pods(&cluster);
    assert_eq!(good.keys().collect::<Vec<_>>(), ["openclaw/rating-api:1.5.0"]);

    cluster.metrics.answer(0.5);
    cluster.set_image("1.6.0");
    let rollout = cluster.until("it is aborted", |rollout| {
        rollout["status"]["abort"] == true && rollout["status"]["phase"] == "Degraded"
    });
    let message = text(&rollout["status"]["message"]);
    assert!(message.contains("failed (2) > failureLimit (1)"), "{message}");
    cluster.until("the canary is gone", |_| pods(&cluster).len() == 1);
    assert_eq!(pods(&cluster), good, "no pod of the good version was touched");
    assert_eq!(cluster.take_weights(), [10, 0]);
    assert!(controller.is_running());
}

/// A step of a linear congruential generator (Knuth's MMIX constants).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn a_release_ends_well_whenever_the_controller_is_killed() {
    let Some(cluster) = Cluster::start("a_release_ends_well_whenever_the_controller_is_killed") else {
        return;
    };
    let first = Running::start(&cluster.kubeconfig());
    cluster.until_promoted();
    let old = sets(&cluster);
    let mut seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    println!("seed {seed}");
    cluster.set_image("1.5.0");
    let mut controller = first;
    let mut kills = 0;
    loop {
        // Alive for up to three seconds, dead for as long as it takes to start again.
        let end = Instant::now() + Duration::from_millis(200 + next(&mut seed) % 2_800);
        while Instant::now() < end && !over(&cluster) {}
        controller.kill();
        if over(&cluster) {
            break;
        }
        kills += 1;
        controller = Running::start(&cluster.kubeconfig());
    }
    assert!(kills >= 3, "only {kills} kills");
    let controller = Running::start(&cluster.kubeconfig());
    cluster.until_promoted();
    cluster.until("the old pods are gone", |_| pods(&cluster).len() == 1);
    assert_eq!(cluster.take_weights(), [0, 10, 30, 60, 100, 0]);
    let all = sets(&cluster);
    assert!(all.len() == 2 && all.is_superset(&old), "{all:?}, before {old:?}");
    assert_eq!(pods(&cluster)["openclaw/rating-api:1.5.0"].len(), 4);
    assert!(cluster.list("analysisruns").len() == 3, "one run a step, whoever made it");
    drop(controller);
}

/// Whether the release is over: the change was seen, and the new version is the stable one.
fn over(cluster: &Cluster) -> bool {
    is_promoted(&cluster.rollout())
}
