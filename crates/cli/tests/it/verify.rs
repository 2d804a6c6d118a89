//! `verify` against servers on the loopback.

use serde_json::Value as Json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::{Manners, Server};
use crate::{Outcome, called, env, words};

async fn region(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/healthz")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
    server
}

async fn verified(statuses: [u16; 2], more: &str) -> Outcome {
    rustls::crypto::ring::default_provider().install_default().ok();
    let (east, west) = (region(statuses[0]).await, region(statuses[1]).await);
    let text = format!(
        "regions: {{us-east-1: '{}', eu-west-1: '{}'}}\nchecks:\n- {{name: health, path: /healthz, status: 200}}\n",
        east.uri(),
        west.uri()
    );
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("regions.yaml"), text).unwrap();
    let mut env = env("aviary");
    directory.path().clone_into(&mut env.directory);
    let nobody = Server::new(Vec::new(), Manners::default());
    called(&env, &words(&format!("verify -f regions.yaml {more}")), &nobody).await
}

#[tokio::test]
async fn all_regions_pass_and_a_table_says_so() {
    let outcome = verified([200, 200], "").await;
    assert_eq!((outcome.exit, outcome.stderr.as_str()), (0, ""), "{}", outcome.stdout);
    let first: Vec<Vec<&str>> =
        outcome.stdout.lines().take(3).map(|line| line.split_whitespace().take(5).collect()).collect();
    let expected = [
        ["REGION", "CHECK", "RESULT", "ATTEMPTS", "STATUS"],
        ["eu-west-1", "health", "passed", "1", "200"],
        ["us-east-1", "health", "passed", "1", "200"],
    ];
    assert_eq!(first, expected);
    assert!(outcome.stdout.ends_with("\n\nPassed: 2 of 2 regions pass, 2 wanted\n"), "{}", outcome.stdout);
}

#[tokio::test]
async fn one_failing_region_fails_the_release_and_machines_read_why() {
    let outcome = verified([200, 500], "-o json").await;
    assert_eq!(outcome.exit, 1);
    assert!(outcome.stderr.starts_with(
        "Error: the release is not verified: 1 of 2 regions pass, 2 wanted; eu-west-1: health: "
    ));
    let verdict: Json = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(verdict["outcome"], "failed");
    assert_eq!(verdict["regions"]["eu-west-1"]["report"]["checks"][0]["status"], 500);
    assert_eq!(verdict["regions"]["us-east-1"]["outcome"], "passed");
}

#[tokio::test]
async fn a_file_that_is_not_there_or_says_nonsense_is_named() {
    let nobody = Server::new(Vec::new(), Manners::default());
    let outcome = called(&env("aviary"), &words("verify -f /nowhere/regions.yaml"), &nobody).await;
    assert!(outcome.stderr.starts_with("Error: cannot read /nowhere/regions.yaml: "), "{}", outcome.stderr);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "regions: 5\n").unwrap();
    let name = file.path().to_str().unwrap();
    let outcome = called(&env("aviary"), &words(&format!("verify -f {name}")), &nobody).await;
    assert!(outcome.exit == 1 && outcome.stderr.contains(name), "{}", outcome.stderr);
}
