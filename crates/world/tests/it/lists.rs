//! Lists: selectors, pages, versions.

use aviary_world::{Options, Request};
use serde_json::{Value, json};

use crate::harness::{Cluster, resource};

fn filled() -> Cluster {
    let mut cluster = Cluster::new();
    for (name, app, tier) in [("a", "shop", "web"), ("b", "shop", "db"), ("c", "mail", "web")] {
        let map = json!({"metadata": {"name": name, "labels": {"app": app, "tier": tier}}});
        cluster.create("v1/configmaps", map).unwrap();
    }
    cluster
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

#[test]
fn label_and_field_selectors_choose() {
    let mut cluster = filled();
    for (labels, fields, expected) in [
        ("", "", vec!["a", "b", "c"]),
        ("app=shop", "", vec!["a", "b"]),
        ("app==shop,tier!=db", "", vec!["a"]),
        ("tier in (web, cache),app notin (mail)", "", vec!["a"]),
        ("app,!missing", "", vec!["a", "b", "c"]),
        ("missing", "", vec![]),
        ("", "metadata.name=b", vec!["b"]),
        ("", "metadata.name!=b,metadata.namespace=default", vec!["a", "c"]),
    ] {
        let mut request = Request::list(resource("v1/configmaps", ""));
        request.options = Options {
            label_selector: labels.to_owned(),
            field_selector: fields.to_owned(),
            ..Options::default()
        };
        let list = cluster.send(&request).unwrap().body;
        assert_eq!(names(&list), expected, "{labels} {fields}");
    }
}

#[test]
fn unknown_fields_and_unreadable_selectors_are_refused() {
    let mut cluster = filled();
    let mut request = Request::list(resource("v1/configmaps", ""));
    request.options.field_selector = "data.x=1".to_owned();
    assert_eq!(cluster.send(&request).unwrap_err().message, "field label not supported: data.x");
    request.options = Options { label_selector: "app in shop".to_owned(), ..Options::default() };
    assert_eq!(cluster.send(&request).unwrap_err().code, 400);
}

#[test]
fn pages_show_one_version_whatever_happens_between_them() {
    let mut cluster = filled();
    let mut request = Request::list(resource("v1/configmaps", ""));
    request.options.limit = 2;
    let first = cluster.send(&request).unwrap().body;
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    cluster.delete("v1/configmaps", "c", json!({})).unwrap();
    cluster.create("v1/configmaps", json!({"metadata": {"name": "d"}})).unwrap();
    request.options.continue_token = first["metadata"]["continue"].as_str().unwrap().to_owned();
    let second = cluster.send(&request).unwrap().body;
    assert_eq!(names(&second), ["c"]);
    assert_eq!(second["metadata"], json!({"resourceVersion": first["metadata"]["resourceVersion"]}));
    cluster.world.compact(0);
    cluster.step();
    cluster.world.compact(0);
    let refusal = cluster.send(&request).unwrap_err();
    assert_eq!((refusal.code, refusal.reason), (410, "Expired"));
}

#[test]
fn a_watcher_that_is_too_far_behind_is_told_so() {
    let mut cluster = filled();
    let begin = cluster.world.version();
    cluster.merge("v1/configmaps", "a", json!({"data": {"x": "1"}})).unwrap();
    let events: Vec<u64> = cluster.world.events_after(begin).unwrap().map(|event| event.version).collect();
    assert_eq!(events, [begin + 1]);
    cluster.step();
    cluster.world.compact(0);
    let refusal = cluster.world.events_after(begin).map(|_| ()).unwrap_err();
    assert_eq!(refusal.message, format!("too old resource version: {begin} ({})", begin + 1));
}

#[test]
fn a_collection_is_deleted_by_selector() {
    let mut cluster = filled();
    let mut request = Request::new(aviary_world::Verb::DeleteCollection, resource("v1/configmaps", ""));
    request.options.label_selector = "app=shop".to_owned();
    cluster.send(&request).unwrap();
    assert_eq!(cluster.names("", "configmaps"), ["c"]);
}

#[test]
fn generated_names_differ_and_begin_as_asked() {
    let mut cluster = Cluster::new();
    let map = || json!({"metadata": {"generateName": "run-"}});
    let one = cluster.create("v1/configmaps", map()).unwrap()["metadata"]["name"].clone();
    let other = cluster.create("v1/configmaps", map()).unwrap()["metadata"]["name"].clone();
    assert_ne!(one, other);
    assert!(one.as_str().unwrap().starts_with("run-") && one.as_str().unwrap().len() == 9);
}

#[test]
fn the_scale_subresource_sizes_a_workload() {
    let mut cluster = Cluster::new();
    cluster.create("apps/v1/deployments", crate::harness::workload("shop", 1)).unwrap();
    let scale = resource("apps/v1/deployments", "shop").subresource("scale");
    let patch = Request::patch(scale, aviary_world::PatchType::Merge, json!({"spec": {"replicas": 4}}));
    let answer = cluster.send(&patch).unwrap().body;
    assert_eq!(
        (&answer["kind"], &answer["spec"]["replicas"], &answer["status"]["selector"]),
        (&json!("Scale"), &json!(4), &json!("app=shop"))
    );
    assert_eq!(cluster.get("apps/v1/deployments", "shop").unwrap()["metadata"]["generation"], 2);
}
