//! How fast requests are answered in process. The figures are printed; only a collapse fails.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::client;

const OBJECTS: usize = 1000;
const AT_ONCE: usize = 16;

async fn measure<F: Future<Output = ()>>(what: &str, request: impl Fn(usize) -> F) -> f64 {
    let start = Instant::now();
    stream::iter(0..OBJECTS).for_each_concurrent(AT_ONCE, request).await;
    let rate = OBJECTS as f64 / start.elapsed().as_secs_f64();
    println!("{what}: {rate:.0} requests/s");
    rate
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_of_two_kilobytes_are_answered_in_the_thousands() {
    let (_server, client) = client::without_controllers();
    let api: &Api<ConfigMap> = &Api::default_namespaced(client);
    let map = |number: usize| ConfigMap {
        metadata: ObjectMeta { name: Some(format!("m{number}")), ..ObjectMeta::default() },
        data: Some(BTreeMap::from([("k".to_owned(), "x".repeat(2000))])),
        ..ConfigMap::default()
    };
    let create = measure("create", |n| async move {
        api.create(&PostParams::default(), &map(n)).await.unwrap();
    });
    let mut slowest = create.await;
    let get = measure("get", |n| async move {
        api.get(&format!("m{n}")).await.unwrap();
    });
    slowest = slowest.min(get.await);
    let patch = measure("patch", |n| async move {
        let patch = Patch::Merge(json!({"metadata": {"labels": {"n": n.to_string()}}}));
        api.patch(&format!("m{n}"), &PatchParams::default(), &patch).await.unwrap();
    });
    slowest = slowest.min(patch.await);
    let start = Instant::now();
    assert_eq!(api.list(&ListParams::default()).await.unwrap().items.len(), OBJECTS);
    println!("list of {OBJECTS}: {:?}", start.elapsed());
    assert!(slowest > 100.0, "{slowest} requests/s");
}
