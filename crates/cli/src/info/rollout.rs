//! A Rollout with everything below it (spec cli-get-tree 3.6).

use jiff::Timestamp;
use serde_json::Value as Json;

use super::analysis_run::{self, AnalysisRunInfo};
use super::experiment::{self, ExperimentInfo};
use super::images::Images;
use super::phase::{self, Phase};
use super::replica_set::{self, ReplicaSetInfo};
use super::{Objects, Strategy, weight};
use crate::json::Read as _;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RolloutInfo {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) created: Option<Timestamp>,
    pub(crate) phase: Phase,
    pub(crate) strategy: Strategy,
    pub(crate) step: String,
    pub(crate) set_weight: i64,
    pub(crate) actual_weight: i64,
    pub(crate) desired: i64,
    pub(crate) current: i64,
    pub(crate) updated: i64,
    pub(crate) ready: i64,
    pub(crate) available: i64,
    pub(crate) replica_sets: Vec<ReplicaSetInfo>,
    pub(crate) experiments: Vec<ExperimentInfo>,
    pub(crate) analysis_runs: Vec<AnalysisRunInfo>,
}

pub(crate) fn of(rollout: &Json, objects: &Objects) -> RolloutInfo {
    let uid = rollout.text("/metadata/uid");
    let strategy = Strategy::of(rollout);
    let replica_sets = replica_set::owned(objects, uid, |hash| tags(rollout, strategy, hash));
    let canary = replica_sets.iter().find(|set| set.tags.contains(&"canary"));
    let canary_pods = canary.map_or(0, |set| set.available);
    RolloutInfo {
        name: rollout.name().to_owned(),
        namespace: rollout.text("/metadata/namespace").to_owned(),
        created: rollout.time("/metadata/creationTimestamp"),
        phase: phase::of(rollout),
        strategy,
        step: weight::step(rollout),
        set_weight: weight::set(rollout),
        actual_weight: weight::actual(rollout, canary_pods),
        desired: phase::desired(rollout),
        current: rollout.count("/status/replicas"),
        updated: rollout.count("/status/updatedReplicas"),
        ready: rollout.count("/status/readyReplicas"),
        available: rollout.count("/status/availableReplicas"),
        replica_sets,
        experiments: experiment::owned(objects, uid),
        analysis_runs: analysis_run::owned(objects, uid),
    }
}

/// What the ReplicaSet with this hash is to its Rollout, in the order of display.
fn tags(rollout: &Json, strategy: Strategy, hash: &str) -> Vec<&'static str> {
    let is = |pointer| !hash.is_empty() && rollout.text(pointer) == hash;
    let stable = is("/status/stableRS");
    let mut tags = if stable { vec!["stable"] } else { Vec::new() };
    match strategy {
        Strategy::Canary => {
            let canary = !stable && is("/status/currentPodHash");
            if canary {
                tags.push("canary");
            }
            if rollout.has("/spec/strategy/canary/pingPong") && (stable || canary) {
                let stable_is_ping = rollout.text("/status/canary/stablePingPong") == "ping";
                tags.push(if stable == stable_is_ping { "ping" } else { "pong" });
            }
        }
        Strategy::BlueGreen => {
            if is("/status/blueGreen/activeSelector") {
                tags.push("active");
            } else if is("/status/blueGreen/previewSelector") {
                tags.push("preview");
            }
        }
        Strategy::Unknown => {}
    }
    tags
}

impl RolloutInfo {
    pub(crate) fn images(&self) -> Images {
        let mut images = Images::default();
        images.of_rollout(&self.replica_sets);
        for experiment in &self.experiments {
            images.of_experiment(&experiment.replica_sets);
        }
        images
    }

    /// All revisions that have something to show, newest first.
    pub(crate) fn revisions(&self) -> Vec<i64> {
        let sets = self.replica_sets.iter().map(|set| set.revision);
        let experiments = self.experiments.iter().map(|experiment| experiment.revision);
        let mut all: Vec<i64> =
            sets.chain(experiments).chain(self.analysis_runs.iter().map(|run| run.revision)).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup();
        all
    }
}
