//! The built-in kinds that a rollout, its installer and its users touch.

use std::collections::BTreeMap;

use super::{Kind, ScalePaths};

/// One row of [`BUILT_IN`].
pub(crate) struct Row {
    group: &'static str,
    versions: &'static [&'static str],
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    /// Whether `kubectl get all` shows it.
    all: bool,
    traits: &'static [Trait],
}

#[derive(Clone, Copy, PartialEq)]
enum Trait {
    ClusterWide,
    Status,
    Scale,
}
use Trait::{ClusterWide, Scale, Status};

const fn row(
    group: &'static str,
    version: &'static [&'static str],
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    traits: &'static [Trait],
) -> Row {
    Row { group, versions: version, kind, plural, short, all: false, traits }
}

#[allow(clippy::needless_pass_by_value)] // rows are built in a constant, where nothing can be borrowed
const fn all(row: Row) -> Row {
    Row { all: true, ..row }
}

const V1: &[&str] = &["v1"];
const RBAC: &str = "rbac.authorization.k8s.io";
const NETWORKING: &str = "networking.k8s.io";

/// Every built-in kind: one row each.
#[rustfmt::skip] // one row, one line
pub(crate) const BUILT_IN: &[Row] = &[
    row("", V1, "Namespace", "namespaces", &["ns"], &[ClusterWide, Status]),
    all(row("", V1, "Pod", "pods", &["po"], &[Status])),
    all(row("", V1, "Service", "services", &["svc"], &[Status])),
    row("", V1, "ConfigMap", "configmaps", &["cm"], &[]),
    row("", V1, "Secret", "secrets", &[], &[]),
    row("", V1, "ServiceAccount", "serviceaccounts", &["sa"], &[]),
    row("", V1, "Endpoints", "endpoints", &["ep"], &[]),
    row("", V1, "Event", "events", &["ev"], &[]),
    row("", V1, "Node", "nodes", &["no"], &[ClusterWide, Status]),
    row("", V1, "PersistentVolumeClaim", "persistentvolumeclaims", &["pvc"], &[Status]),
    row("", V1, "PodTemplate", "podtemplates", &[], &[]),
    row("", V1, "LimitRange", "limitranges", &["limits"], &[]),
    row("", V1, "ResourceQuota", "resourcequotas", &["quota"], &[Status]),
    all(row("apps", V1, "ReplicaSet", "replicasets", &["rs"], &[Status, Scale])),
    all(row("apps", V1, "Deployment", "deployments", &["deploy"], &[Status, Scale])),
    all(row("apps", V1, "StatefulSet", "statefulsets", &["sts"], &[Status, Scale])),
    all(row("apps", V1, "DaemonSet", "daemonsets", &["ds"], &[Status])),
    row("apps", V1, "ControllerRevision", "controllerrevisions", &[], &[]),
    all(row("batch", V1, "Job", "jobs", &[], &[Status])),
    all(row("batch", V1, "CronJob", "cronjobs", &["cj"], &[Status])),
    all(row("autoscaling", &["v2", "v1"], "HorizontalPodAutoscaler", "horizontalpodautoscalers", &["hpa"], &[Status])),
    row("policy", V1, "PodDisruptionBudget", "poddisruptionbudgets", &["pdb"], &[Status]),
    row("coordination.k8s.io", V1, "Lease", "leases", &[], &[]),
    row("discovery.k8s.io", V1, "EndpointSlice", "endpointslices", &[], &[]),
    row("events.k8s.io", V1, "Event", "events", &["ev"], &[]),
    row(NETWORKING, V1, "Ingress", "ingresses", &["ing"], &[Status]),
    row(NETWORKING, V1, "IngressClass", "ingressclasses", &[], &[ClusterWide]),
    row(NETWORKING, V1, "NetworkPolicy", "networkpolicies", &["netpol"], &[]),
    row(RBAC, V1, "Role", "roles", &[], &[]),
    row(RBAC, V1, "RoleBinding", "rolebindings", &[], &[]),
    row(RBAC, V1, "ClusterRole", "clusterroles", &[], &[ClusterWide]),
    row(RBAC, V1, "ClusterRoleBinding", "clusterrolebindings", &[], &[ClusterWide]),
    row("scheduling.k8s.io", V1, "PriorityClass", "priorityclasses", &["pc"], &[ClusterWide]),
    row("apiextensions.k8s.io", V1, "CustomResourceDefinition", "customresourcedefinitions", &["crd", "crds"], &[ClusterWide, Status]),
];

impl Row {
    /// The kind that this row describes.
    pub(crate) fn to_kind(&self) -> Kind {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let has = |wanted| self.traits.contains(&wanted);
        Kind {
            group: self.group.into(),
            versions: owned(self.versions),
            kind: self.kind.into(),
            plural: self.plural.into(),
            singular: self.kind.to_ascii_lowercase(),
            short_names: owned(self.short),
            categories: owned(if self.all { &["all"] } else { &[] }),
            namespaced: !has(ClusterWide),
            status: has(Status),
            scale: has(Scale).then(|| ScalePaths {
                spec: owned(&["spec", "replicas"]),
                status: owned(&["status", "replicas"]),
                selector: None,
            }),
            custom: BTreeMap::new(),
        }
    }
}
