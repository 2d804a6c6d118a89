//! Who leads, who has led, and how a controller ends: processes, signals and sockets are real.

use std::time::Duration;

use apiserver::{Options, Server};
use serde_json::{Value, json};
use world::{PatchType, Request, Resource};

use crate::controller::{Running, command};
use crate::front::Front;

/// Short, so that the test is; the order of the three times is that of the defaults.
const LEASE: [&str; 4] = [
    "--leader-elect",
    "--leader-election-lease-duration=6s",
    "--leader-election-renew-deadline=4s",
    "--leader-election-retry-period=500ms",
];

fn controller(front: &Front) -> Running {
    let mut command = command(front.kubeconfig.path(), &[&LEASE[..], &["--loglevel=warn"]].concat());
    command.env("POD_NAMESPACE", "default");
    Running::spawn(command)
}

/// An API server that knows the definitions.
pub(crate) fn server() -> Server {
    let server = Server::new(Options::default()).unwrap();
    for definition in crd::manifests() {
        let name = definition["metadata"]["name"].as_str().unwrap().to_owned();
        let resource = Resource::new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "", &name);
        apply(&server, resource, definition);
    }
    server
}

/// Applies an object as its user does.
pub(crate) fn apply(server: &Server, resource: Resource, object: Value) {
    let request = Request::patch(resource, PatchType::Apply, object).by("user");
    server.with_world(|world, now| world.handle(&request, now)).unwrap();
}

fn rollout(server: &Server, name: &str, image: &str) {
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "shop", "image": image}]},
            },
            "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}},
        },
    });
    apply(server, Resource::new("argoproj.io", "v1alpha1", "rollouts", "default", name), object);
}

/// How many ReplicaSets there are.
fn sets(server: &Server) -> usize {
    server.with_world(|world, _| world.objects("apps", "replicasets", "").count())
}

fn holder(server: &Server) -> String {
    let name = "argo-rollouts-controller-lock";
    let lease =
        server.with_world(|world, _| world.object("coordination.k8s.io", "leases", "default", name).cloned());
    lease.map_or_else(String::new, |lease| {
        lease["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned()
    })
}

/// Waits until `holds` is true of what the server keeps.
pub(crate) async fn until(server: &Server, what: &str, holds: impl Fn() -> bool) {
    let mut changes = server.changes();
    let waiting = changes.wait_for(|_| holds());
    assert!(tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok(), "in vain: {what}");
}

async fn ended(running: Running) -> Option<i32> {
    let ended = tokio::task::spawn_blocking(move || running.ended());
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("it ends").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_was_frozen_for_longer_than_its_lease_writes_nothing_more() {
    let server = server();
    let [first, second] = [Front::of(&server).await, Front::of(&server).await];
    rollout(&server, "shop", "shop:1");
    let frozen = controller(&first);
    until(&server, "the first works", || sets(&server) == 1).await;
    let leader = holder(&server);
    let successor = controller(&second);
    frozen.signal("STOP");
    // Work for both: a change of what the first looked after, and a Rollout that is new.
    rollout(&server, "shop", "shop:2");
    rollout(&server, "other", "other:1");
    until(&server, "the second leads and works", || sets(&server) == 3).await;
    let now = holder(&server);
    assert!(now != leader && !now.is_empty(), "{leader} {now}");
    // And more for the first, which finds it all in its sockets when it wakes.
    rollout(&server, "shop", "shop:3");
    rollout(&server, "third", "third:1");
    first.take_writes();
    frozen.signal("CONT");
    assert_eq!(ended(frozen).await, Some(0), "it ends, so that it is started anew");
    // A lease that it was about to renew when it was frozen goes out: the server refuses it, for it is another's now.
    let mut written = first.take_writes();
    written.retain(|write| !write.contains("/leases/"));
    assert_eq!(written, Vec::<String>::new());
    assert_eq!(holder(&server), now);
    until(&server, "the second goes on", || sets(&server) == 5).await;
    drop(successor);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_is_asked_to_end_gives_its_lease_back() {
    let server = server();
    let front = Front::of(&server).await;
    rollout(&server, "shop", "shop:1");
    let running = controller(&front);
    until(&server, "it leads and works", || sets(&server) == 1).await;
    running.signal("TERM");
    assert_eq!(ended(running).await, Some(0));
    assert_eq!(holder(&server), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_is_asked_twice_ends_at_once() {
    let server = server();
    let front = Front::of(&server).await;
    let running = controller(&front);
    until(&server, "it leads", || !holder(&server).is_empty()).await;
    front.hold("/leases/");
    // Before the signal: it may give the lease back before `signal` returns.
    front.take_writes();
    running.signal("TERM");
    // It waits for the answer to the lease that it gives back.
    front.written("/leases/").await;
    running.signal("INT");
    assert_eq!(ended(running).await, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_whose_lease_is_taken_ends() {
    let server = server();
    let front = Front::of(&server).await;
    let running = controller(&front);
    until(&server, "it leads", || !holder(&server).is_empty()).await;
    let lease =
        Resource::new("coordination.k8s.io", "v1", "leases", "default", "argo-rollouts-controller-lock");
    let spec = json!({"holderIdentity": "thief", "leaseDurationSeconds": 60});
    let thief = Request::patch(lease, PatchType::Merge, json!({"spec": spec}));
    server.with_world(|world, now| world.handle(&thief, now)).unwrap();
    assert_eq!(ended(running).await, Some(0));
    assert_eq!(holder(&server), "thief");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_have_leases_of_their_own() {
    let server = server();
    let front = Front::of(&server).await;
    let mut blue =
        command(front.kubeconfig.path(), &[&LEASE[..], &["--loglevel=warn", "--instance-id=blue"]].concat());
    blue.env("POD_NAMESPACE", "default");
    let _running = Running::spawn(blue);
    let name = "argo-rollouts-controller-lock-blue";
    let there = || {
        server.with_world(|world, _| world.object("coordination.k8s.io", "leases", "default", name).is_some())
    };
    until(&server, "it leads", there).await;
    assert_eq!(holder(&server), "");
}
