//! An API server with so many Rollouts whose pods are ready at once: something for a controller to look after.
//!
//! `cargo run -p aviary-cluster --example idle -- 100` prints its address, then `settled` when every Rollout is
//! Healthy, and goes on until its standard input ends. Used by `cargo xtask bench controller`.

// Reading `value["field"]` of a JSON value never panics: what is missing is null.
#![allow(clippy::indexing_slicing)]

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use apiserver::{Options, Server};
use jiff::Timestamp;
use serde_json::{Value, json};
use world::{PatchType, Request, Resource, World};

const LOOK: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = std::env::args().nth(1).ok_or("say how many Rollouts")?.parse()?;
    let server = Server::new(Options::default())?;
    server.with_world(|world, now| fill(world, now, count))?;
    let listening = server.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    println!("http://{}", listening.address());
    let ended = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()));
    let mut looks = tokio::time::interval(LOOK);
    let mut settled = false;
    while !ended.is_finished() {
        looks.tick().await;
        let all = server.with_world(|world, now| {
            make_pods_ready(world, now);
            healthy(world) == count
        });
        if all && !settled {
            settled = true;
            println!("settled");
        }
    }
    Ok(())
}

fn fill(world: &mut World, now: Timestamp, count: usize) -> Result<(), String> {
    let refused = |status: world::Status| format!("{status:?}");
    for definition in crd::manifests() {
        let name = definition["metadata"]["name"].as_str().unwrap_or_default();
        let resource = Resource::new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "", name);
        world.handle(&Request::create(resource, definition.clone()), now).map_err(refused)?;
    }
    for number in 0..count {
        let name = format!("shop-{number}");
        let rollout = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": "shop", "image": "shop:1"}]},
                },
                "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}},
            },
        });
        let resource = Resource::new("argoproj.io", "v1alpha1", "rollouts", "default", &name);
        world.handle(&Request::create(resource, rollout), now).map_err(refused)?;
    }
    Ok(())
}

fn make_pods_ready(world: &mut World, now: Timestamp) {
    let pending: Vec<String> = world
        .objects("", "pods", "default")
        .filter(|pod| pod["status"]["phase"] != "Running")
        .filter_map(|pod| Some(pod["metadata"]["name"].as_str()?.to_owned()))
        .collect();
    for name in pending {
        let ready = json!({"type": "Ready", "status": "True", "lastTransitionTime": crd::Time::from(now).to_string()});
        let status = json!({"status": {"phase": "Running", "conditions": [ready]}});
        let resource = Resource::new("", "v1", "pods", "default", &name).subresource("status");
        // A refusal means that the pod went meanwhile.
        drop(world.handle(&Request::patch(resource, PatchType::Merge, status), now));
    }
}

fn healthy(world: &World) -> usize {
    let is_healthy = |rollout: &&std::sync::Arc<Value>| rollout["status"]["phase"] == "Healthy";
    world.objects("argoproj.io", "rollouts", "default").filter(is_healthy).count()
}
