//! Kinds of objects by their place in the API.

use kube::core::{ApiResource, GroupVersionKind};

/// One kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
}

pub(crate) const ROLLOUTS: Resource = ours("Rollout", "rollouts");
pub(crate) const EXPERIMENTS: Resource = ours("Experiment", "experiments");
pub(crate) const ANALYSIS_RUNS: Resource = ours("AnalysisRun", "analysisruns");
pub(crate) const ANALYSIS_TEMPLATES: Resource = ours("AnalysisTemplate", "analysistemplates");
pub(crate) const CLUSTER_ANALYSIS_TEMPLATES: Resource =
    ours("ClusterAnalysisTemplate", "clusteranalysistemplates");
pub(crate) const REPLICA_SETS: Resource = of("apps", "v1", "ReplicaSet", "replicasets");
pub(crate) const DEPLOYMENTS: Resource = of("apps", "v1", "Deployment", "deployments");
pub(crate) const PODS: Resource = of("", "v1", "Pod", "pods");
pub(crate) const CONFIG_MAPS: Resource = of("", "v1", "ConfigMap", "configmaps");
pub(crate) const POD_TEMPLATES: Resource = of("", "v1", "PodTemplate", "podtemplates");

const fn ours(kind: &'static str, plural: &'static str) -> Resource {
    of("argoproj.io", "v1alpha1", kind, plural)
}

const fn of(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
) -> Resource {
    Resource { group, version, kind, plural }
}

impl Resource {
    /// The path of all its objects, in one namespace if one is given.
    pub(crate) fn path(&self, namespace: Option<&str>) -> String {
        let root = match self.group {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        match namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// `rollout.argoproj.io`, as messages about one object have it.
    pub(crate) fn singular(&self) -> String {
        format!("{}.{}", self.kind.to_lowercase(), self.group)
    }

    pub(crate) fn for_kube(&self) -> ApiResource {
        ApiResource::from_gvk_with_plural(
            &GroupVersionKind::gvk(self.group, self.version, self.kind),
            self.plural,
        )
    }
}
