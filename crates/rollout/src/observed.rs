//! Everything that one pass may look at.

mod listed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crd::{
    AnalysisRun, AnalysisTemplate, AnalysisTemplateRef, Experiment, ObjectKey, Pod, ReplicaSet, Rollout,
    Service,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decision::Question;

/// Everything that one pass may look at, fetched before it starts. Shared objects are not copied.
///
/// It can be written down and read again: the decision over what was read is the decision over what was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Observed {
    /// The Rollout.
    pub rollout: Arc<Rollout>,
    /// ReplicaSets of the namespace that the Rollout controls, plus orphans that its selector matches (to adopt),
    /// oldest first (creation time, then name).
    pub replica_sets: Vec<Arc<ReplicaSet>>,
    /// Whatever ReplicaSet holds the name that [`next_replica_set`](crate::next_replica_set) gave, also when it is somebody else's.
    pub same_name: Option<Arc<ReplicaSet>>,
    /// The Services of [`Reads::services`] that exist, by name.
    pub services: BTreeMap<String, Arc<Service>>,
    /// AnalysisRuns that the Rollout controls, oldest first.
    pub analysis_runs: Vec<Arc<AnalysisRun>>,
    /// Experiments that the Rollout controls, oldest first.
    pub experiments: Vec<Arc<Experiment>>,
    /// Keys of AnalysisRuns and Experiments that a pass before could not create, because somebody else's object has the
    /// name: the next name is taken.
    pub taken: BTreeSet<ObjectKey>,
    /// The templates of [`Reads::templates`] that exist, with everything they refer to.
    pub templates: Templates,
    /// The objects of [`Reads::routes`] that exist: route objects of traffic routers, workloads, our own beacon.
    #[serde(with = "listed")]
    pub routes: BTreeMap<ObjectKey, Arc<Value>>,
    /// Pods of the Rollout; only filled when [`Reads::pods`] asks for it.
    pub pods: Vec<Arc<Pod>>,
    /// Answers to questions of earlier passes.
    pub answers: Vec<Answer>,
    /// Settings of the controller.
    pub settings: Arc<Settings>,
}

/// Settings of the controller that decisions depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Which region this cluster is, as release gates name it; empty when it is none.
    pub region: String,
    /// Value of the instance-id label that created objects carry; empty for none.
    pub instance_id: String,
    /// Plugins whose steps are passed over.
    pub disabled_plugins: BTreeSet<String>,
    /// Whether a run may end Successful although no measurement was, as the peer's may; see
    /// [`ACCEPT_NO_SUCCESS`](crate::analysis::ACCEPT_NO_SUCCESS) for one run alone.
    pub accept_no_success: bool,
}

/// Analysis templates by scope and name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Templates {
    /// AnalysisTemplates of the Rollout's namespace.
    pub namespaced: BTreeMap<String, Arc<AnalysisTemplate>>,
    /// ClusterAnalysisTemplates.
    pub cluster: BTreeMap<String, Arc<AnalysisTemplate>>,
}

impl Templates {
    /// The template that `reference` names.
    pub fn get(&self, reference: &AnalysisTemplateRef) -> Option<&Arc<AnalysisTemplate>> {
        let scope = if reference.cluster_scope { &self.cluster } else { &self.namespaced };
        scope.get(&reference.template_name)
    }
}

/// What must be fetched for a pass over one Rollout; a pure function of the Rollout (`reads`). RBAC follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Names of Services.
    pub services: Vec<String>,
    /// Analysis templates that the steps and the background analysis name. What those refer to is fetched with them.
    pub templates: Vec<AnalysisTemplateRef>,
    /// Route objects and other objects read as they are.
    pub routes: Vec<ObjectKey>,
    /// Whether pods are looked at (a restart is due, or ephemeral metadata is configured).
    pub pods: bool,
}

/// The answer to a [`Question`]. It repeats the question, so that a stale answer cannot pass for a fresh one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// To [`Question::WeightVerified`].
    Weight {
        /// What was asked.
        question: Question,
        /// Whether the split was observed; the error text when nobody could tell.
        verified: Result<bool, String>,
    },
    /// To [`Question::RegionsReached`].
    Regions {
        /// What was asked.
        question: Question,
        /// What this region's own checks say; `None` while they run.
        local: Option<Result<(), String>>,
        /// What the regions say together.
        answer: RegionsAnswer,
    },
}

/// What the regions say together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RegionsAnswer {
    /// All required regions have reached the step, verified.
    Passed {
        /// For people: who, and since when.
        summary: String,
    },
    /// Some have not.
    Waiting {
        /// For people: who is awaited, and why.
        summary: String,
    },
    /// One of them failed or gave up; this release ends here.
    Failed {
        /// For people: who, and why.
        summary: String,
    },
    /// A peer cannot be reached, or its beacon is out of date. Silence is a partition, never health (I12).
    Partitioned {
        /// For people: who, and since when.
        summary: String,
    },
}
