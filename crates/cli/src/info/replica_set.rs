//! ReplicaSets with their pods (spec cli-get-tree 3.3).

use jiff::Timestamp;
use serde_json::Value as Json;

use super::Objects;
use super::pod::{self, PodInfo};
use crate::json::Read as _;
use crate::render::duration;

const TEMPLATE_NAME: &str = "experiment.argoproj.io/template-name";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReplicaSetInfo {
    pub(crate) name: String,
    pub(crate) created: Option<Timestamp>,
    pub(crate) revision: i64,
    pub(crate) status: &'static str,
    pub(crate) replicas: i64,
    pub(crate) available: i64,
    pub(crate) hash: String,
    /// Name of the experiment's template that it was made from; empty for a Rollout's own.
    pub(crate) template: String,
    /// What it is to its Rollout, in the order of display.
    pub(crate) tags: Vec<&'static str>,
    deadline: Option<String>,
    pub(crate) images: Vec<String>,
    pub(crate) pods: Vec<PodInfo>,
}

/// Those of one owner, newest revision first. `tags` tells what each is to its Rollout.
pub(crate) fn owned(
    objects: &Objects,
    owner: &str,
    tags: impl Fn(&str) -> Vec<&'static str>,
) -> Vec<ReplicaSetInfo> {
    let theirs = objects.replica_sets.iter().filter(|set| set.owned_by(owner));
    let mut sets: Vec<ReplicaSetInfo> = theirs.map(|set| of(set, &objects.pods, &tags)).collect();
    sets.sort_by(|a, b| b.revision.cmp(&a.revision).then_with(|| a.name.cmp(&b.name)));
    sets
}

fn of(set: &Json, pods: &[Json], tags: impl Fn(&str) -> Vec<&'static str>) -> ReplicaSetInfo {
    let hash = set.label(crd::names::POD_TEMPLATE_HASH);
    let inside = pods.iter().filter(|pod| pod.owned_by(set.text("/metadata/uid")));
    let mut pods: Vec<PodInfo> = inside.map(pod::of).collect();
    pods.sort_by(|a, b| a.created.cmp(&b.created).then_with(|| a.name.cmp(&b.name)));
    let containers = set.list("/spec/template/spec/containers").iter();
    ReplicaSetInfo {
        name: set.name().to_owned(),
        created: set.time("/metadata/creationTimestamp"),
        revision: set.revision(),
        status: status(set),
        replicas: set.count("/status/replicas"),
        available: set.count("/status/availableReplicas"),
        tags: tags(hash),
        hash: hash.to_owned(),
        template: set.annotation(TEMPLATE_NAME).unwrap_or_default().to_owned(),
        deadline: set.annotation(crd::names::SCALE_DOWN_DEADLINE).map(str::to_owned),
        images: containers.map(|container| container.text("/image").to_owned()).collect(),
        pods,
    }
}

fn status(set: &Json) -> &'static str {
    let failing = set
        .list("/status/conditions")
        .iter()
        .any(|condition| condition.text("/type") == "ReplicaFailure" && condition.text("/status") == "True");
    let wanted = set.int("/spec/replicas");
    if set.count("/metadata/generation") > set.count("/status/observedGeneration") {
        "Progressing"
    } else if failing {
        "ReplicaFailure"
    } else if wanted.is_some_and(|wanted| set.count("/status/availableReplicas") < wanted) {
        "Progressing"
    } else if wanted == Some(0) {
        "ScaledDown"
    } else {
        "Healthy"
    }
}

impl ReplicaSetInfo {
    /// Time until it may be scaled down: `passed` when that is over, empty when the annotation cannot be read.
    pub(crate) fn delay(&self, now: Timestamp) -> Option<String> {
        let deadline = self.deadline.as_ref()?;
        Some(match deadline.parse::<Timestamp>() {
            Err(_) => String::new(),
            Ok(deadline) if deadline < now => "passed".to_owned(),
            Ok(deadline) => duration::between(now, deadline),
        })
    }
}
