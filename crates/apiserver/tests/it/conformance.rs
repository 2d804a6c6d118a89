//! One list of requests and answers (`fixtures/conformance`), for our server and the real one.

mod case;
mod random;
mod run;

use std::path::Path;

use kube::Client;
use xtask::control_plane::{ControlPlane, Level};

use crate::client;
use case::Case;

fn cases() -> Vec<Case> {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/conformance"));
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
        .iter()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            crd::yaml::from_str::<Vec<Case>>(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
        })
        .collect()
}

async fn check(client: &Client, server: &str) {
    let cases = cases();
    assert!(cases.len() > 40, "only {} cases were found", cases.len());
    let mut failures = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        if let Err(why) = run::case(client, &format!("case-{number}"), case).await {
            failures.push(format!("{}: {why}", case.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases fail on {server}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn our_server_answers_as_the_list_says() {
    let (_server, client) = client::without_controllers();
    check(&client, "our server").await;
}

#[tokio::test]
async fn the_real_server_answers_as_the_list_says() {
    let name = "the_real_server_answers_as_the_list_says";
    let Some(plane) = ControlPlane::for_test(name, Level::Api, &[]) else { return };
    check(&client::of(&plane).await, "the real server").await;
}
