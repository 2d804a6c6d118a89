//! Objects over a restart.

use std::path::Path;
use std::time::Duration;

use aviary_apiserver::{Options, Server};
use serde_json::{Value, json};
use world::{PatchType, Request, Resource, World};

fn open(directory: &Path) -> Server {
    Server::new(Options { data_dir: Some(directory.to_owned()), ..Options::default() }).unwrap()
}

fn config_map(name: &str) -> Resource {
    Resource::new("", "v1", "configmaps", "default", name)
}

fn set(server: &Server, name: &str, value: &str) {
    server.with_world(|world, now| {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        let _ = world.handle(&Request::create(config_map(""), body), now);
        let patch = json!({"data": {"k": value}});
        world.handle(&Request::patch(config_map(name), PatchType::Merge, patch), now).unwrap();
    });
}

/// All objects, and the version.
fn contents(server: &Server) -> (u64, Vec<Value>) {
    server.with_world(|world: &mut World, _| {
        let objects = world.kinds().flat_map(|kind| {
            world
                .objects(&kind.group, &kind.plural, "")
                .map(|object| Value::clone(object))
                .collect::<Vec<_>>()
        });
        (world.version(), objects.collect())
    })
}

/// Ends a server as a crash would: nothing is told to end, nothing more is written.
async fn kill(server: Server, directory: &Path) {
    drop(server);
    // The ticker holds the files until it sees the end.
    tokio::time::timeout(Duration::from_secs(10), async {
        while std::fs::File::open(directory.join("journal.jsonl")).unwrap().try_lock().is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_killed_server_has_everything_when_it_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let server = open(directory.path());
    set(&server, "a", "1");
    set(&server, "b", "2");
    set(&server, "a", "3");
    server.with_world(|world, now| world.handle(&Request::delete(config_map("b")), now).unwrap());
    let definition =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/crds/rollouts.yaml"));
    let definition: Value = crd::yaml::from_str(&definition.unwrap()).unwrap();
    let definitions = Resource::new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "", "");
    server.with_world(|world, now| world.handle(&Request::create(definitions, definition), now).unwrap());
    while server.with_world(|world, _| world.kind("argoproj.io", "rollouts").is_none()) {
        tokio::task::yield_now().await;
    }
    let before = contents(&server);
    kill(server, directory.path()).await;

    let server = open(directory.path());
    assert_eq!(contents(&server), before);
    assert!(server.with_world(|world, _| world.kind("argoproj.io", "rollouts").is_some()));
    set(&server, "c", "4");
    let uids: std::collections::BTreeSet<String> =
        contents(&server).1.iter().map(|object| object["metadata"]["uid"].to_string()).collect();
    assert_eq!(uids.len(), contents(&server).1.len(), "a uid was given out twice");
}

#[tokio::test]
async fn a_line_that_was_cut_in_half_is_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let server = open(directory.path());
    set(&server, "a", "1");
    let before = contents(&server);
    set(&server, "b", "2");
    kill(server, directory.path()).await;
    let log = directory.path().join("journal.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    // The last two lines are the creation of b and its change: half of the first is what is left.
    let lines: Vec<&str> = text.lines().collect();
    let whole = lines[..lines.len() - 2].join("\n");
    std::fs::write(&log, format!("{whole}\n{}", &lines[lines.len() - 2][..20])).unwrap();

    let server = open(directory.path());
    assert_eq!(contents(&server), before);
    set(&server, "b", "3");
    let after = contents(&server);
    kill(server, directory.path()).await;
    assert_eq!(contents(&open(directory.path())), after);
}

#[tokio::test]
async fn a_long_log_becomes_a_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let server = open(directory.path());
    for number in 0..10_100 {
        set(&server, "a", &number.to_string());
    }
    let before = contents(&server);
    kill(server, directory.path()).await;
    let lines = std::fs::read_to_string(directory.path().join("journal.jsonl")).unwrap().lines().count();
    assert!(lines < 1000, "{lines} lines are left in the log");
    assert_eq!(contents(&open(directory.path())), before);
}

#[tokio::test]
async fn two_servers_do_not_share_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let _first = open(directory.path());
    let options = Options { data_dir: Some(directory.path().to_owned()), ..Options::default() };
    let refused = Server::new(options).err().expect("the directory is in use").to_string();
    assert!(refused.contains("in use by another server"), "{refused}");
}
