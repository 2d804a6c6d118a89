//! A controller of one namespace on a real API server, with the Role that the chart gives it and nothing else.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use xtask::control_plane::{ControlPlane, Level};

use crate::cluster::{is_promoted, until};
use crate::controller::Running;
use crate::helm::{Helm, TEMPLATE, root};

const HOME: &str = "shop";

fn apply(plane: &ControlPlane, stream: &str) {
    let mut command = plane.kubectl_command(&["apply", "--server-side", "-f", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{stream}");
}

fn rollout(namespace: &str) -> String {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "cart", "namespace": namespace},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "cart"}},
            "template": {
                "metadata": {"labels": {"app": "cart"}},
                "spec": {"containers": [{"name": "cart", "image": "cart:1"}]},
            },
            "strategy": {"canary": {"steps": [{"setWeight": 50}]}},
        },
    })
    .to_string()
}

#[test]
fn a_role_is_enough_for_a_controller_of_one_namespace() {
    let test = "a_role_is_enough_for_a_controller_of_one_namespace";
    let Some(helm) = Helm::find(test) else { return };
    let definitions = [root().join("fixtures/crds")];
    let Some(plane) = ControlPlane::for_test(test, Level::Pods, &definitions) else { return };
    for namespace in [HOME, "other"] {
        plane.kubectl(&["create", "namespace", namespace]).unwrap();
        apply(&plane, &rollout(namespace));
    }
    let words = ["x", "bins/controller/chart", "-n", HOME, "--set", "namespaced=true,aggregateRoles=false"];
    apply(&plane, &helm.ok(&[&TEMPLATE[..], &words].concat()));
    let token = plane.kubectl(&["create", "token", "aviary-controller", "-n", HOME]).unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    // The flags alone, without a kubeconfig.
    let mut command = Command::new(env!("CARGO_BIN_EXE_aviary-controller"));
    command
        .args(["--namespaced", "-n", HOME, "--metricsPort=0", "--healthzPort=0", "--loglevel=warn"])
        .args(["--server", plane.url(), "--token", token.trim(), "--certificate-authority"])
        .arg(plane.authority())
        .env_clear()
        .envs([("HOME", "/nowhere"), ("POD_NAMESPACE", HOME)])
        .stderr(log.reopen().unwrap());
    let _running = Running::spawn(command);
    let get = |namespace: &str| -> Value {
        let words = ["get", "rollout", "cart", "-n", namespace, "-o", "json"];
        serde_json::from_str(&plane.kubectl(&words).unwrap()).unwrap()
    };
    until("it is promoted", || get(HOME), is_promoted);
    let image =
        json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "cart:2"}]);
    let patch = ["patch", "rollout", "cart", "-n", HOME, "--type=json", "-p", &image.to_string()];
    plane.kubectl(&patch).unwrap();
    until("the next is promoted", || get(HOME), is_promoted);
    assert_eq!(get("other")["status"], Value::Null);
    let holder = ["get", "lease", "argo-rollouts-controller-lock", "-n", HOME, "-o", "name"];
    assert!(plane.kubectl(&holder).unwrap().contains("argo-rollouts-controller-lock"));
    let said = std::fs::read_to_string(log.path()).unwrap();
    assert!(!said.contains("forbidden") && !said.contains("WARN"), "{said}");
}
