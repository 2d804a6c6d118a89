//! Whole kube-rs controllers in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::{Controller, controller::Action, watcher};
use kube::{Api, Client, ResourceExt};
use serde_json::json;

use crate::client;

struct Context {
    client: Client,
    runs: AtomicU64,
}

/// Counts its runs in the object, once a minute.
async fn count(map: Arc<ConfigMap>, context: Arc<Context>) -> Result<Action, kube::Error> {
    let runs = context.runs.fetch_add(1, Ordering::Relaxed);
    let patch = json!({"data": {"minute": (runs + 1).to_string()}});
    let api: Api<ConfigMap> = Api::default_namespaced(context.client.clone());
    api.patch(&map.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await?;
    Ok(Action::requeue(Duration::from_secs(60)))
}

#[tokio::test(start_paused = true)]
async fn a_controller_runs_for_a_day_of_virtual_time() {
    let wall = Instant::now();
    let (server, client) = client::in_virtual_time();
    let start = server.now();
    let api: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let map = ConfigMap {
        metadata: ObjectMeta { name: Some("clock".into()), ..ObjectMeta::default() },
        ..ConfigMap::default()
    };
    api.create(&PostParams::default(), &map).await.unwrap();
    let context = Arc::new(Context { client, runs: AtomicU64::new(0) });
    let controller = Controller::new(api.clone(), watcher::Config::default()).run(
        count,
        |_, error, _| panic!("a reconcile failed: {error}"),
        context.clone(),
    );
    let running = tokio::spawn(controller.for_each(|_| futures::future::ready(())));
    tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    running.abort();
    assert_eq!(server.now().duration_since(start).as_hours(), 24);
    let runs = context.runs.load(Ordering::Relaxed);
    assert!(runs >= 24 * 60, "{runs} runs in 1440 minutes");
    let minute: u64 = api.get("clock").await.unwrap().data.unwrap()["minute"].parse().unwrap();
    assert!(minute >= 24 * 60, "{minute}");
    println!("24 virtual hours, {runs} reconciles: {:?} of wall time", wall.elapsed());
}
