//! Where we do better than the public plugin (the cases that `recorded` leaves out).

use serde_json::{Value as Json, json};

use crate::server::{Manners, Server};
use crate::{Outcome, called, env, words};

fn rollout() -> Json {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "cart", "namespace": "shop", "uid": "u", "resourceVersion": "41"},
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "a:1"}]}}},
    })
}

fn failed(stderr: &str) -> Outcome {
    Outcome { exit: 1, stdout: String::new(), stderr: stderr.to_owned() }
}

#[tokio::test]
async fn a_bad_duration_is_an_error_before_anything_is_sent() {
    let server = Server::new(vec![rollout()], Manners::default());
    let outcome = called(&env("kubectl-argo-rollouts"), &words("restart cart --in soon"), &server).await;
    assert_eq!(outcome, failed("Error: time: invalid duration \"soon\"\n"));
    assert!(server.writes().is_empty());
}

#[tokio::test]
async fn five_conflicts_are_reported_as_what_they_are() {
    let server = Server::new(vec![rollout()], Manners { conflicts: 9, ..Manners::default() });
    let outcome = called(&env("kubectl-argo-rollouts"), &words("set image cart web=a:2"), &server).await;
    assert_eq!(outcome.exit, 1);
    assert!(
        outcome.stderr.starts_with("Error: Operation cannot be fulfilled on rollouts.argoproj.io \"cart\"")
    );
    assert_eq!(server.writes().len(), 5);
}

#[tokio::test]
async fn a_cluster_wide_template_is_created_cluster_wide() {
    let directory = tempfile::tempdir().unwrap();
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: ClusterAnalysisTemplate\nmetadata: {name: rate}\n";
    std::fs::write(directory.path().join("t.yaml"), text).unwrap();
    let mut env = env("kubectl-argo-rollouts");
    directory.path().clone_into(&mut env.directory);
    let server = Server::new(Vec::new(), Manners::default());
    let outcome = called(&env, &words("create -f t.yaml"), &server).await;
    let stdout = "analysistemplate.argoproj.io/rate created\n".to_owned();
    assert_eq!(outcome, Outcome { exit: 0, stdout, stderr: String::new() });
    assert_eq!(server.writes()[0]["path"], "/apis/argoproj.io/v1alpha1/clusteranalysistemplates");
}

#[tokio::test]
async fn an_object_that_is_created_with_watch_is_watched() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("r.json"), rollout().to_string()).unwrap();
    let mut env = env("kubectl-argo-rollouts");
    directory.path().clone_into(&mut env.directory);
    // It is never there to be looked at, which ends the watch at once.
    let server = Server::new(Vec::new(), Manners::default());
    let outcome = called(&env, &words("create -f r.json -w"), &server).await;
    let expected = Outcome {
        exit: 1,
        stdout: "rollout.argoproj.io/cart created\n".to_owned(),
        stderr: "Error: rollout.argoproj.io \"cart\" not found\n".to_owned(),
    };
    assert_eq!(outcome, expected);
}
