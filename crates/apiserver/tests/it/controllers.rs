//! Whole kube-rs controllers in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aviary_apiserver::Server;
use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::{Controller, controller::Action, watcher};
use kube::{Api, Client, ResourceExt};
use serde_json::json;

use crate::client;

struct Context {
    client: Client,
    server: Server,
    start: Timestamp,
    runs: AtomicU64,
}

/// Keeps the object's minute right: its own writes bring it back once more, and then each minute.
async fn keep_time(map: Arc<ConfigMap>, context: Arc<Context>) -> Result<Action, kube::Error> {
    context.runs.fetch_add(1, Ordering::Relaxed);
    let minute = (context.server.now().duration_since(context.start).as_secs() / 60).to_string();
    if map.data.as_ref().and_then(|data| data.get("minute")) != Some(&minute) {
        let api: Api<ConfigMap> = Api::default_namespaced(context.client.clone());
        let patch = json!({"data": {"minute": minute}});
        api.patch(&map.name_any(), &PatchParams::default(), &Patch::Merge(patch)).await?;
    }
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
    let context = Arc::new(Context { client, server: server.clone(), start, runs: AtomicU64::new(0) });
    let controller = Controller::new(api.clone(), watcher::Config::default()).run(
        keep_time,
        |_, error, _| panic!("a reconcile failed: {error}"),
        context.clone(),
    );
    let running = tokio::spawn(controller.for_each(|_| futures::future::ready(())));
    tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    running.abort();
    assert_eq!(server.now().duration_since(start).as_hours(), 24);
    let runs = context.runs.load(Ordering::Relaxed);
    assert!((24 * 60..24 * 60 * 3).contains(&runs), "{runs} runs in 1440 minutes");
    let minute: u64 = api.get("clock").await.unwrap().data.unwrap()["minute"].parse().unwrap();
    assert!(minute >= 24 * 60 - 1, "{minute}");
    println!("24 virtual hours, {runs} reconciles: {:?} of wall time", wall.elapsed());
}
