//! The kinds of objects that the tests read and write.

/// A kind, by what its URL needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    /// `/api/v1` or `/apis/GROUP/VERSION`.
    pub(crate) prefix: &'static str,
    /// As manifests name it.
    pub(crate) singular: &'static str,
    /// As URLs name it.
    pub(crate) plural: &'static str,
}

const fn kind(prefix: &'static str, singular: &'static str, plural: &'static str) -> Kind {
    Kind { prefix, singular, plural }
}

impl Kind {
    pub(crate) const ROLLOUT: Self = kind("/apis/argoproj.io/v1alpha1", "Rollout", "rollouts");
    pub(crate) const ANALYSIS_RUN: Self = kind("/apis/argoproj.io/v1alpha1", "AnalysisRun", "analysisruns");
    pub(crate) const EXPERIMENT: Self = kind("/apis/argoproj.io/v1alpha1", "Experiment", "experiments");
    pub(crate) const ANALYSIS_TEMPLATE: Self =
        kind("/apis/argoproj.io/v1alpha1", "AnalysisTemplate", "analysistemplates");
    pub(crate) const REPLICA_SET: Self = kind("/apis/apps/v1", "ReplicaSet", "replicasets");
    pub(crate) const DEPLOYMENT: Self = kind("/apis/apps/v1", "Deployment", "deployments");
    pub(crate) const POD_TEMPLATE: Self = kind("/api/v1", "PodTemplate", "podtemplates");
    pub(crate) const JOB: Self = kind("/apis/batch/v1", "Job", "jobs");
    pub(crate) const POD: Self = kind("/api/v1", "Pod", "pods");
    pub(crate) const SERVICE: Self = kind("/api/v1", "Service", "services");
    pub(crate) const EVENT: Self = kind("/api/v1", "Event", "events");
    pub(crate) const NODE: Self = kind("/api/v1", "Node", "nodes");
    pub(crate) const LEASE: Self = kind("/apis/coordination.k8s.io/v1", "Lease", "leases");
    pub(crate) const DISRUPTION_BUDGET: Self =
        kind("/apis/policy/v1", "PodDisruptionBudget", "poddisruptionbudgets");
    pub(crate) const AUTOSCALER: Self =
        kind("/apis/autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers");
    pub(crate) const HTTP_ROUTE: Self = kind("/apis/gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes");

    /// What is recorded while the tests run.
    pub(crate) const RECORDED: &[Self] = &[
        Self::ROLLOUT,
        Self::ANALYSIS_RUN,
        Self::EXPERIMENT,
        Self::REPLICA_SET,
        Self::DEPLOYMENT,
        Self::JOB,
        Self::POD,
        Self::SERVICE,
        Self::EVENT,
        Self::LEASE,
        Self::DISRUPTION_BUDGET,
        Self::AUTOSCALER,
        Self::HTTP_ROUTE,
    ];

    /// `GROUP/VERSION`, as `apiVersion` has it.
    pub(crate) fn api_version(self) -> &'static str {
        self.prefix.trim_start_matches("/apis/").trim_start_matches("/api/")
    }

    /// Where its objects are; those of all namespaces when there is none.
    pub(crate) fn path(self, namespace: &str) -> String {
        let Self { prefix, plural, .. } = self;
        if namespace.is_empty() {
            format!("{prefix}/{plural}")
        } else {
            format!("{prefix}/namespaces/{namespace}/{plural}")
        }
    }
}
