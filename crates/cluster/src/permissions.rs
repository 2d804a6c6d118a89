//! What a controller must be allowed to do in a cluster: the one list from which the Roles of the chart are made, and
//! against which the tests hold every request of every controller.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crd::Kind;

/// Verbs on the objects of some kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Kinds in the plural, with `/` and the subresource where it is one.
    pub resources: Vec<String>,
    /// What may be done to them.
    pub verbs: &'static [&'static str],
    /// What for.
    pub why: &'static str,
}

/// Where permissions are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In every namespace that is looked after.
    Everywhere,
    /// In the controller's own namespace.
    Home,
}

type Row = (&'static str, &'static [&'static str], &'static [&'static str], &'static str);

const READ: &[&str] = &["list", "watch"];

/// In every namespace, beside the routes, which [`traffic::ROUTERS`] says.
const EVERYWHERE: &[Row] = &[
    (
        "argoproj.io",
        &["rollouts"],
        &["list", "watch", "patch"],
        "Rollouts are their users': only their own fields are patched, none is created or deleted.",
    ),
    ("argoproj.io", &["rollouts/status"], &["patch"], "What was observed and decided."),
    (
        "argoproj.io",
        &["rollouts/finalizers", "experiments/finalizers"],
        &["update"],
        "Owner references that block deletion need the right to finalize the owner, where that is checked.",
    ),
    (
        "argoproj.io",
        &["analysisruns"],
        &["get", "list", "watch", "create", "patch", "delete"],
        "Their status is a field of theirs, not a subresource. What has the name of a new one already is read.",
    ),
    (
        "argoproj.io",
        &["experiments"],
        &["get", "list", "watch", "create", "patch", "delete"],
        "Steps create them. Their status is a field of theirs, not a subresource. What has the name of a new one already is read.",
    ),
    (
        "argoproj.io",
        &["analysistemplates", "clusteranalysistemplates"],
        READ,
        "What AnalysisRuns are made from.",
    ),
    (
        "apps",
        &["replicasets"],
        &["get", "list", "watch", "create", "patch", "delete"],
        "One a version. What has its name already is read.",
    ),
    (
        "apps",
        &["deployments"],
        &["list", "watch", "patch"],
        "A Rollout may take its template from a Deployment, and its pods over.",
    ),
    ("", &["podtemplates"], READ, "A Rollout may take its template from a PodTemplate."),
    (
        "",
        &["services"],
        &["list", "watch", "create", "patch", "delete"],
        "Their selectors name a version. Experiments have some of their own.",
    ),
    (
        "",
        &["pods"],
        &["list", "patch"],
        "They are read when a restart is due, or metadata is to be changed; there is no watch.",
    ),
    (
        "batch",
        &["jobs"],
        &["get", "list", "watch", "create", "delete"],
        "Metrics may be Jobs. They are watched from the first one on.",
    ),
    ("", &["pods/eviction"], &["create"], "Restarts honour disruption budgets."),
    ("", &["events"], &["create", "patch"], "What happens is told."),
    (
        "",
        &["configmaps"],
        &["get", "list", "watch", "create", "patch"],
        "Beacons of release groups, decision journals where they are asked for, and the controller's configuration.",
    ),
    (
        "",
        &["secrets"],
        &["get"],
        "Analyses name single Secrets. They are read by name when needed: no list, no watch, no cache.",
    ),
];

/// In the controller's own namespace, besides.
const HOME: &[Row] = &[
    ("coordination.k8s.io", &["leases"], &["get", "create", "update"], "Who of several controllers writes."),
    (
        "",
        &["secrets"],
        &["get", "list"],
        "Kubeconfigs of the other regions are found by their label; providers' keys are read by name.",
    ),
    ("", &["configmaps"], &["get", "list", "watch"], "The controller's configuration."),
];

/// What a controller must be allowed to do.
pub fn permissions(place: Place) -> Vec<Permission> {
    let rows = match place {
        Place::Everywhere => EVERYWHERE,
        Place::Home => HOME,
    };
    let permission = |(group, resources, verbs, why): &Row| Permission {
        group,
        resources: resources.iter().map(|resource| (*resource).to_owned()).collect(),
        verbs,
        why,
    };
    let mut all: Vec<Permission> = rows.iter().map(permission).collect();
    if place == Place::Everywhere {
        all.extend(routes());
    }
    all
}

/// The route objects of every router, by group.
fn routes() -> impl Iterator<Item = Permission> {
    let mut groups: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for kind in traffic::ROUTERS.iter().flat_map(|router| router.kinds()) {
        let Kind { group: std::borrow::Cow::Borrowed(group), plural, .. } = kind else { continue };
        groups.entry(group).or_default().push(plural.to_string());
    }
    groups.into_iter().map(|(group, resources)| Permission {
        group,
        resources,
        verbs: &["list", "watch", "patch"],
        why: "Their weights are ours.",
    })
}

/// The same as the `rules` of a Role, in YAML.
pub fn rules(place: Place) -> String {
    let mut text = String::new();
    for Permission { group, resources, verbs, why } in permissions(place) {
        let group = if group.is_empty() { "\"\"" } else { group };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "# {why}\n- apiGroups: [{group}]\n  resources: [{}]\n  verbs: [{}]\n",
            resources.join(", "),
            verbs.join(", ")
        );
    }
    text
}
