//! How an object is addressed.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What sort of object something is: enough to build its URL and its type line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// Version inside the group, such as `v1`.
    pub version: Cow<'static, str>,
    /// Kind in the singular, such as `ReplicaSet`.
    pub kind: Cow<'static, str>,
    /// Lower-case plural of the URL, such as `replicasets`.
    pub plural: Cow<'static, str>,
}

impl Kind {
    /// `argoproj.io/v1alpha1 Rollout`
    pub const ROLLOUT: Self = Self::new("argoproj.io", "v1alpha1", "Rollout", "rollouts");
    /// `argoproj.io/v1alpha1 AnalysisRun`
    pub const ANALYSIS_RUN: Self = Self::new("argoproj.io", "v1alpha1", "AnalysisRun", "analysisruns");
    /// `argoproj.io/v1alpha1 AnalysisTemplate`
    pub const ANALYSIS_TEMPLATE: Self =
        Self::new("argoproj.io", "v1alpha1", "AnalysisTemplate", "analysistemplates");
    /// `argoproj.io/v1alpha1 ClusterAnalysisTemplate`
    pub const CLUSTER_ANALYSIS_TEMPLATE: Self =
        Self::new("argoproj.io", "v1alpha1", "ClusterAnalysisTemplate", "clusteranalysistemplates");
    /// `argoproj.io/v1alpha1 Experiment`
    pub const EXPERIMENT: Self = Self::new("argoproj.io", "v1alpha1", "Experiment", "experiments");
    /// `apps/v1 ReplicaSet`
    pub const REPLICA_SET: Self = Self::new("apps", "v1", "ReplicaSet", "replicasets");
    /// `apps/v1 Deployment`
    pub const DEPLOYMENT: Self = Self::new("apps", "v1", "Deployment", "deployments");
    /// `batch/v1 Job`
    pub const JOB: Self = Self::new("batch", "v1", "Job", "jobs");
    /// `v1 Service`
    pub const SERVICE: Self = Self::new("", "v1", "Service", "services");
    /// `v1 Pod`
    pub const POD: Self = Self::new("", "v1", "Pod", "pods");
    /// `v1 ConfigMap`
    pub const CONFIG_MAP: Self = Self::new("", "v1", "ConfigMap", "configmaps");
    /// `v1 Secret`
    pub const SECRET: Self = Self::new("", "v1", "Secret", "secrets");
    /// `gateway.networking.k8s.io/v1 HTTPRoute`
    pub const HTTP_ROUTE: Self = Self::new("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes");

    /// A kind known at compile time.
    pub const fn new(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
            plural: Cow::Borrowed(plural),
        }
    }

    /// The `apiVersion` line: `v1`, `apps/v1`.
    pub fn api_version(&self) -> Cow<'static, str> {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version).into()
        }
    }
}

/// One object in one cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for cluster-wide objects.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ObjectKey {
    /// The object `name` of `kind` in `namespace`.
    pub fn new(kind: Kind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.kind.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.kind.kind, self.namespace, self.name)
        }
    }
}
