//! The install manifest on a real API server: it is accepted, and its rights are enough and no more.

use std::path::PathBuf;

use xtask::control_plane::{ControlPlane, Level};

const ACCOUNT: &str = "system:serviceaccount:argo-rollouts:aviary-controller";

/// What the adapter calls: verb, resource, namespace.
const NEEDED: &[(&str, &str, &str)] = &[
    ("watch", "rollouts.argoproj.io", "shop"),
    ("patch", "rollouts.argoproj.io/status", "shop"),
    ("watch", "clusteranalysistemplates.argoproj.io", ""),
    ("create", "analysisruns.argoproj.io", "shop"),
    ("create", "replicasets.apps", "shop"),
    ("patch", "services", "shop"),
    ("patch", "httproutes.gateway.networking.k8s.io", "shop"),
    ("create", "pods/eviction", "shop"),
    ("create", "events", "shop"),
    ("patch", "configmaps", "shop"),
    ("get", "secrets", "shop"),
    ("list", "secrets", "argo-rollouts"),
    ("update", "leases.coordination.k8s.io", "argo-rollouts"),
];

/// What a controller that is taken over must not be able to do.
const REFUSED: &[(&str, &str, &str)] = &[
    ("delete", "rollouts.argoproj.io", "shop"),
    ("create", "rollouts.argoproj.io", "shop"),
    ("delete", "services", "shop"),
    ("create", "pods", "shop"),
    ("create", "pods/exec", "shop"),
    ("list", "secrets", "shop"),
    ("watch", "secrets", "argo-rollouts"),
    ("patch", "clusterroles.rbac.authorization.k8s.io", ""),
    ("update", "leases.coordination.k8s.io", "kube-system"),
];

#[test]
fn the_install_manifest_gives_the_controller_what_it_calls_and_no_more() {
    let name = "the_install_manifest_gives_the_controller_what_it_calls_and_no_more";
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let crds = here.join("../../fixtures/crds");
    let Some(plane) = ControlPlane::for_test(name, Level::Api, &[crds]) else { return };
    plane.kubectl(&["apply", "-f", &here.join("install.yaml").display().to_string()]).unwrap();
    let may = |right: &(&str, &str, &str)| {
        let review = plane.kubeconfig().with_file_name("review.json");
        std::fs::write(&review, review_of(right)).unwrap();
        let file = review.display().to_string();
        plane.kubectl(&["create", "-f", &file, "-o=jsonpath={.status.allowed}"]).unwrap() == "true"
    };
    let lacking: Vec<_> = NEEDED.iter().filter(|right| !may(right)).collect();
    let excessive: Vec<_> = REFUSED.iter().filter(|right| may(right)).collect();
    assert_eq!((lacking, excessive), (vec![], vec![]));
}

/// Asked as a review: `kubectl auth can-i` forgets the group of a resource that is not installed.
fn review_of((verb, resource, namespace): &(&str, &str, &str)) -> String {
    let (resource, part) = resource.split_once('/').unwrap_or((resource, ""));
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let attributes = format!(
        r#""verb": "{verb}", "group": "{group}", "resource": "{resource}", "subresource": "{part}", "namespace": "{namespace}""#
    );
    format!(
        r#"{{"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
             "spec": {{"user": "{ACCOUNT}", "resourceAttributes": {{{attributes}}}}}}}"#
    )
}
