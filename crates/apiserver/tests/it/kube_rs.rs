//! kube-rs without a socket.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Api, ResourceExt};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::client;

const MINUTE: Duration = Duration::from_secs(60);

fn config_map(name: &str, value: &str) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() },
        data: Some(BTreeMap::from([("k".to_owned(), value.to_owned())])),
        ..ConfigMap::default()
    }
}

#[tokio::test]
async fn objects_are_created_patched_listed_and_deleted() {
    let (_server, client) = client::without_controllers();
    let api: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let made = api.create(&PostParams::default(), &config_map("a", "1")).await.unwrap();
    assert!(made.uid().is_some());
    let patch = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"more": "2"}});
    let applied = api.patch("a", &PatchParams::apply("test").force(), &Patch::Apply(&patch)).await.unwrap();
    assert_eq!(applied.data.unwrap().len(), 2);
    let stale = api.replace("a", &PostParams::default(), &made).await.unwrap_err();
    assert!(matches!(stale, kube::Error::Api(status) if status.is_conflict()));
    assert_eq!(api.list(&ListParams::default()).await.unwrap().items.len(), 1);
    api.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none());
    assert_eq!(client.apiserver_version().await.unwrap().minor, "34");
}

#[tokio::test]
async fn each_change_of_the_world_is_told() {
    let (server, client) = client::without_controllers();
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let mut changes = server.changes();
    let before = *changes.borrow_and_update();
    api.create(&PostParams::default(), &config_map("a", "1")).await.unwrap();
    assert!(changes.has_changed().unwrap() && *changes.borrow_and_update() > before);
    api.list(&ListParams::default()).await.unwrap();
    assert!(!changes.has_changed().unwrap(), "who reads changes nothing");
}

#[tokio::test(start_paused = true)]
async fn a_reflector_follows_both_ways_of_listing() {
    for config in [watcher::Config::default(), watcher::Config::default().streaming_lists()] {
        let (_server, client) = client::in_virtual_time();
        let api: Api<ConfigMap> = Api::default_namespaced(client);
        api.create(&PostParams::default(), &config_map("before", "1")).await.unwrap();
        let (store, writer) = reflector::store();
        let (told, mut changes) = watch::channel(());
        let stream = watcher(api.clone(), config).reflect(writer).touched_objects();
        let follow = tokio::spawn(stream.try_for_each(move |_| {
            told.send_replace(());
            futures::future::ready(Ok(()))
        }));
        store.wait_until_ready().await.unwrap();
        assert_eq!(store.len(), 1);
        api.create(&PostParams::default(), &config_map("after", "2")).await.unwrap();
        timeout(MINUTE, changes.wait_for(|()| store.len() == 2)).await.unwrap().unwrap();
        // An hour of virtual time brings bookmarks, ended watches and new ones; nothing is lost.
        tokio::time::sleep(Duration::from_secs(3600)).await;
        api.delete("before", &DeleteParams::default()).await.unwrap();
        timeout(MINUTE, changes.wait_for(|()| store.len() == 1)).await.unwrap().unwrap();
        assert!(!follow.is_finished());
        follow.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_sleeps_too_long_is_cut_off_and_recovers_alone() {
    let (server, client) = client::in_virtual_time();
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let mut slow = std::pin::pin!(watcher(api.clone(), watcher::Config::default()));
    while !matches!(slow.next().await.unwrap().unwrap(), watcher::Event::InitDone) {}
    api.create(&PostParams::default(), &config_map("a", "0")).await.unwrap();
    for number in 0..20_000 {
        if number % 1000 == 0 {
            // The world's own controllers read the log too, and it is kept for them: virtual time moves when they have.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server.with_world(|world, now| {
            let of = world::Resource::new("", "v1", "configmaps", "default", "a");
            let patch = json!({"data": {"k": number.to_string()}});
            world.handle(&world::Request::patch(of, world::PatchType::Merge, patch), now).unwrap();
        });
    }
    // The log has forgotten what the watcher has not read: it is told so, lists again, and is up to date.
    let mut told = false;
    loop {
        match slow.next().await.unwrap() {
            Err(_) => told = true,
            Ok(watcher::Event::InitApply(map) | watcher::Event::Apply(map))
                if map.data.as_ref().unwrap()["k"] == "19999" =>
            {
                break;
            }
            Ok(_) => {}
        }
    }
    assert!(told, "the watcher was never told that it is behind");
}
