//! The install manifest on a real API server: it is accepted, and its rights are enough and no more.

use std::path::PathBuf;

use xtask::control_plane::{ControlPlane, Level};

use crate::helm::{Helm, TEMPLATE};

const ACCOUNT: &str = "system:serviceaccount:argo-rollouts:aviary-controller";

/// What the adapter calls: verb, resource, namespace.
const NEEDED: &[(&str, &str, &str)] = &[
    ("watch", "rollouts.argoproj.io", "shop"),
    ("patch", "rollouts.argoproj.io/status", "shop"),
    ("watch", "clusteranalysistemplates.argoproj.io", ""),
    ("create", "experiments.argoproj.io", "shop"),
    ("patch", "experiments.argoproj.io", "shop"),
    ("delete", "experiments.argoproj.io", "shop"),
    ("watch", "deployments.apps", "shop"),
    ("watch", "podtemplates", "shop"),
    ("get", "configmaps", "argo-rollouts"),
    ("create", "analysisruns.argoproj.io", "shop"),
    ("create", "replicasets.apps", "shop"),
    ("patch", "services", "shop"),
    ("create", "services", "shop"),
    ("delete", "services", "shop"),
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
    ("update", "rollouts.argoproj.io", "shop"),
    ("patch", "rollouts.argoproj.io/scale", "shop"),
    ("update", "experiments.argoproj.io", "shop"),
    ("delete", "deployments.apps", "shop"),
    ("watch", "pods", "shop"),
    ("delete", "pods", "shop"),
    ("update", "services", "shop"),
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
    let subject = format!(r#""user": "{ACCOUNT}""#);
    let may = |right: &(&str, &str, &str)| allowed(&plane, &subject, right);
    let lacking: Vec<_> = NEEDED.iter().filter(|right| !may(right)).collect();
    let excessive: Vec<_> = REFUSED.iter().filter(|right| may(right)).collect();
    assert_eq!((lacking, excessive), (vec![], vec![]));
}

/// Verb and resource.
type Right = (&'static str, &'static str);

/// What each of the pipeline's groups must be able to do in the service's namespace, and what it must not.
const PIPELINE: &[(&str, &[Right], &[Right])] = &[
    (
        "openclaw:watch",
        &[
            ("get", "rollouts.argoproj.io"),
            ("watch", "replicasets.apps"),
            ("list", "pods"),
            ("list", "events"),
            ("list", "analysisruns.argoproj.io"),
        ],
        &[("patch", "rollouts.argoproj.io"), ("patch", "rollouts.argoproj.io/status"), ("get", "secrets")],
    ),
    (
        "openclaw:abort",
        &[("get", "rollouts.argoproj.io"), ("patch", "rollouts.argoproj.io/status")],
        &[("patch", "rollouts.argoproj.io"), ("get", "secrets"), ("delete", "pods")],
    ),
    (
        "openclaw:deploy",
        &[
            ("create", "rollouts.argoproj.io"),
            ("patch", "httproutes.gateway.networking.k8s.io"),
            ("update", "secrets"),
        ],
        &[
            ("patch", "rollouts.argoproj.io/status"),
            ("create", "pods/exec"),
            ("create", "roles.rbac.authorization.k8s.io"),
        ],
    ),
];

#[test]
fn each_role_of_the_pipeline_may_do_what_its_jobs_do_and_no_more() {
    let name = "each_role_of_the_pipeline_may_do_what_its_jobs_do_and_no_more";
    let Some(helm) = Helm::find(name) else { return };
    let Some(plane) = ControlPlane::for_test(name, Level::Api, &[]) else { return };
    plane.kubectl(&["create", "namespace", "openclaw"]).unwrap();
    let words = ["openclaw-access", "fixtures/openclaw/access", "--namespace", "openclaw"];
    let roles = plane.kubeconfig().with_file_name("roles.yaml");
    std::fs::write(&roles, helm.ok(&[&TEMPLATE[..], &words].concat())).unwrap();
    plane.kubectl(&["apply", "--server-side", "-f", &roles.display().to_string()]).unwrap();
    for (group, needed, refused) in PIPELINE {
        let subject = format!(r#""user": "pipeline", "groups": ["{group}"]"#);
        let may =
            |(verb, resource): &Right, namespace| allowed(&plane, &subject, &(verb, resource, namespace));
        let lacking: Vec<_> = needed.iter().filter(|right| !may(right, "openclaw")).collect();
        let excessive: Vec<_> = refused.iter().filter(|right| may(right, "openclaw")).collect();
        let elsewhere: Vec<_> = needed.iter().filter(|right| may(right, "default")).collect();
        assert_eq!((lacking, excessive, elsewhere), (vec![], vec![], vec![]), "{group}");
    }
}

/// Asked as a review: `kubectl auth can-i` forgets the group of a resource that is not installed.
fn allowed(plane: &ControlPlane, subject: &str, (verb, resource, namespace): &(&str, &str, &str)) -> bool {
    let (resource, part) = resource.split_once('/').unwrap_or((resource, ""));
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let attributes = format!(
        r#""verb": "{verb}", "group": "{group}", "resource": "{resource}", "subresource": "{part}", "namespace": "{namespace}""#
    );
    let text = format!(
        r#"{{"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
             "spec": {{{subject}, "resourceAttributes": {{{attributes}}}}}}}"#
    );
    let review = plane.kubeconfig().with_file_name("review.json");
    std::fs::write(&review, text).unwrap();
    let file = review.display().to_string();
    plane.kubectl(&["create", "-f", &file, "-o=jsonpath={.status.allowed}"]).unwrap() == "true"
}
