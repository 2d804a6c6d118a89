//! Names, versions, other forms of output, completion.

use serde_json::{Value as Json, json};

use crate::server::{Manners, Server};
use crate::{called, env, words};

fn server() -> Server {
    let owner = |kind: &str, uid: &str| json!([{"kind": kind, "name": "x", "uid": uid, "controller": true}]);
    let object = |kind: &str, name: &str, owners: Json, rest: Json| {
        let mut object = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": kind,
            "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"),
                "creationTimestamp": "2026-01-01T03:04:05Z", "ownerReferences": owners,
                "labels": {"rollouts-pod-template-hash": "bbb"},
                "annotations": {"rollout.argoproj.io/revision": "1"}},
        });
        for (key, value) in rest.as_object().unwrap() {
            object[key] = value.clone();
        }
        object
    };
    let spec =
        json!({"replicas": 1, "template": {"spec": {"containers": [{"name": "web", "image": "a:1"}]}}});
    let steps = json!({"replicas": 1, "strategy": {"canary": {"steps": [{"setWeight": 5}]}}});
    let status = json!({"phase": "Healthy", "stableRS": "bbb", "currentPodHash": "bbb"});
    let pod = json!({"spec": {"nodeName": "n1", "containers": [{}]}, "status": {"phase": "Running"}});
    let set = json!({"spec": spec, "status": {"replicas": 1, "availableReplicas": 1}});
    let mut objects = vec![
        object("Rollout", "cart", json!([]), json!({"spec": steps, "status": status})),
        object("ReplicaSet", "cart-bbb", owner("Rollout", "uid-cart"), set),
        object("Pod", "cart-bbb-p", owner("ReplicaSet", "uid-cart-bbb"), pod),
    ];
    let found = json!({"verdict": "fail", "odds": "148"});
    let value = "fail; odds 148 : 1; errors: canary 10.20 %, stable 0.00 %";
    let results =
        json!([{"name": "both", "failed": 1, "measurements": [{"value": value, "metadata": found}]}]);
    let run = json!({
        "spec": {"metrics": [{"name": "both", "provider": {"plugin": {"aviary/compare": {}}}}]},
        "status": {"phase": "Failed", "metricResults": results},
    });
    objects.push(object("AnalysisRun", "cart-run", owner("Rollout", "uid-cart"), run));
    Server::new(objects, Manners::default())
}

#[tokio::test]
async fn it_answers_to_its_three_names_and_no_other() {
    for (called_as, usage) in [
        ("/usr/bin/kubectl-argo-rollouts", "kubectl-argo-rollouts pause ROLLOUT_NAME [flags]"),
        ("kubectl-aviary", "kubectl-aviary pause ROLLOUT_NAME [flags]"),
        ("./aviary", "aviary pause ROLLOUT_NAME [flags]"),
        ("other", "aviary pause ROLLOUT_NAME [flags]"),
    ] {
        let outcome = called(&env(called_as), &words("pause"), &server()).await;
        assert!(outcome.stderr.contains(&format!("Usage:\n  {usage}\n")), "{}", outcome.stderr);
    }
}

#[tokio::test]
async fn a_rollout_comes_as_json_and_yaml_for_scripts() {
    let server = server();
    let json = called(&env("aviary"), &words("get rollout cart -o json"), &server).await;
    let object: Json = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(object["metadata"]["name"], "cart");
    let yaml = called(&env("aviary"), &words("get rollout cart -o yaml"), &server).await;
    let same: Json = crd::yaml::from_str(&yaml.stdout).unwrap();
    assert_eq!(same, object);
}

#[tokio::test]
async fn the_wide_tree_tells_hashes_images_nodes_and_what_a_comparison_rests_on() {
    let outcome = called(&env("aviary"), &words("get rollout cart -o wide --no-color"), &server()).await;
    let tree: Vec<&str> = outcome.stdout.split_once("\n\n").unwrap().1.lines().map(str::trim_end).collect();
    let expected = [
        "NAME                   KIND         STATUS     AGE  INFO",
        "⟳ cart                 Rollout      ✔ Healthy  24h",
        "└──# revision:1",
        "   ├──⧉ cart-bbb       ReplicaSet   ✔ Healthy  24h  stable,hash:bbb,available:1/1,image:a:1",
        "   │  └──□ cart-bbb-p  Pod          ✔ Running  24h  ready:0/1,node:n1",
        "   └──α cart-run       AnalysisRun  ✖ Failed   24h  ✖ 1,both: fail; odds 148 : 1; errors: canary 10.20 %, stable 0.00 %",
    ];
    assert_eq!(tree, expected);
    let outcome = called(&env("aviary"), &words("get rollout cart --no-color"), &server()).await;
    assert!(outcome.stdout.contains("✖ 1,both:fail,odds:148\n"), "{}", outcome.stdout);
}

#[tokio::test]
async fn the_version_is_told_without_a_cluster() {
    let outcome = called(&env("aviary"), &words("version --short"), &server()).await;
    assert_eq!(outcome.stdout.lines().count(), 1);
    assert!(outcome.stdout.starts_with("aviary: v0.1.0"), "{}", outcome.stdout);
    let mut answers = Vec::new();
    for line in ["version", "--version"] {
        answers.push(called(&env("aviary"), &words(line), &server()).await.stdout);
    }
    assert_eq!(answers[0], answers[1], "whoever types the flag means the command");
    let outcome = called(&env("kubectl-argo-rollouts"), &words("version"), &server()).await;
    let labels: Vec<&str> = outcome.stdout.lines().map(|line| line.split(':').next().unwrap()).collect();
    let expected = ["kubectl-argo-rollouts", "  BuildDate", "  GitCommit", "  RustVersion", "  Platform"];
    assert_eq!(labels, expected);
}

#[tokio::test]
async fn every_shell_gets_a_script_and_others_a_refusal() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let outcome = called(&env("aviary"), &words(&format!("completion {shell}")), &server()).await;
        assert!(outcome.exit == 0 && outcome.stdout.contains("promote"), "{shell}");
    }
    for (line, expected) in [
        ("completion tcsh", "Error: invalid argument \"tcsh\" for \"aviary completion\"\n"),
        ("completion", "Error: accepts 1 arg(s), received 0\n"),
        ("list rollouts --loglevel xyz", "Error: not a valid logrus Level: \"xyz\"\n"),
        ("status cart --timeout soon", "Error: time: invalid duration \"soon\"\n"),
        (
            "undo cart --to-revision x",
            "Error: invalid argument \"x\" for \"--to-revision\" flag: invalid digit found in string\n",
        ),
        (
            "demo --release worst",
            "Error: invalid argument \"worst\" for \"--release\" flag: choose one of good, bad, bad-region, all, none\n",
        ),
        (
            "explain rollout cart -o wide",
            "Error: invalid argument \"wide\" for \"--output\" flag: choose one of json, yaml\n",
        ),
        ("pause cart -x", "Error: unknown shorthand flag: 'x' in -x\n"),
        ("pause --namespace", "Error: flag needs an argument: --namespace\n"),
    ] {
        let outcome = called(&env("aviary"), &words(line), &server()).await;
        assert_eq!((outcome.exit, outcome.stderr.as_str()), (1, expected), "{line}");
    }
}

#[tokio::test]
async fn a_namespace_of_the_command_line_counts_more_than_that_of_the_client() {
    let outcome = called(&env("aviary"), &words("-n elsewhere get rollout cart"), &server()).await;
    assert_eq!(outcome.stderr, "Error: rollout.argoproj.io \"cart\" not found\n");
}
