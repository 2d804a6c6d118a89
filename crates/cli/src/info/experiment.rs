//! Experiments with their ReplicaSets and AnalysisRuns.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::Objects;
use super::analysis_run::{self, AnalysisRunInfo};
use super::images::Images;
use super::replica_set::{self, ReplicaSetInfo};
use crate::json::Read as _;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExperimentInfo {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) created: Option<Timestamp>,
    pub(crate) revision: i64,
    pub(crate) status: String,
    pub(crate) message: String,
    pub(crate) replica_sets: Vec<ReplicaSetInfo>,
    pub(crate) analysis_runs: Vec<AnalysisRunInfo>,
}

/// Those of one Rollout: newest revision first, then oldest first.
pub(crate) fn owned(objects: &Objects, owner: &str) -> Vec<ExperimentInfo> {
    let theirs = objects.experiments.iter().filter(|experiment| experiment.owned_by(owner));
    let mut experiments: Vec<ExperimentInfo> = theirs.map(|experiment| of(experiment, objects)).collect();
    experiments.sort_by_key(|experiment| (Reverse(experiment.revision), experiment.created));
    experiments
}

pub(crate) fn of(experiment: &Json, objects: &Objects) -> ExperimentInfo {
    let uid = experiment.text("/metadata/uid");
    ExperimentInfo {
        name: experiment.name().to_owned(),
        namespace: experiment.text("/metadata/namespace").to_owned(),
        created: experiment.time("/metadata/creationTimestamp"),
        revision: experiment.revision(),
        status: experiment.text("/status/phase").to_owned(),
        message: experiment.text("/status/message").to_owned(),
        replica_sets: replica_set::owned(objects, uid, |_| Vec::new()),
        analysis_runs: analysis_run::owned(objects, uid),
    }
}

impl ExperimentInfo {
    pub(crate) fn images(&self) -> Images {
        let mut images = Images::default();
        images.of_experiment(&self.replica_sets);
        images
    }
}
