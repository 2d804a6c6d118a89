//! Custom resources: registration, defaults, pruning, validation, columns, removal.

use aviary_world::{IncludeObject, Request};
use serde_json::{Value, json};

use crate::harness::{Cluster, resource};

const BIRDS: &str = "example.com/v1/birds";

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "birds.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Bird", "plural": "birds", "shortNames": ["bd"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.count", "statusReplicasPath": ".status.count"}},
                "additionalPrinterColumns": [
                    {"name": "Colour", "type": "string", "jsonPath": ".spec.colour"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "properties": {
                        "spec": {
                            "type": "object", "required": ["colour"],
                            "properties": {
                                "colour": {"type": "string", "enum": ["yellow", "green"]},
                                "count": {"type": "integer", "minimum": 0, "maximum": 9, "default": 1},
                                "name": {"type": "string", "pattern": "^[a-z]+$"},
                                "size": {"x-kubernetes-int-or-string": true},
                                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                            },
                        },
                        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    },
                }},
            }],
        },
    })
}

fn aviary() -> Cluster {
    let mut cluster = Cluster::new();
    cluster.create("apiextensions.k8s.io/v1/customresourcedefinitions", definition()).unwrap();
    cluster
}

fn bird(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Bird", "metadata": {"name": name}, "spec": spec})
}

#[test]
fn a_definition_is_established_and_discovered() {
    let mut cluster = aviary();
    let definition =
        cluster.get("apiextensions.k8s.io/v1/customresourcedefinitions", "birds.example.com").unwrap();
    assert_eq!(definition["status"]["conditions"][1]["type"], "Established");
    let resources = cluster.world.api_resources("example.com", "v1").unwrap();
    let names: Vec<&str> =
        resources["resources"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["birds", "birds/status", "birds/scale"]);
    assert_eq!(resources["resources"][0]["shortNames"], json!(["bd"]));
}

#[test]
fn defaults_are_filled_in_and_unknown_fields_pruned() {
    let mut cluster = aviary();
    let spec = json!({"colour": "yellow", "song": "loud", "free": {"any": [1]}, "size": "2m"});
    let request = Request::create(resource(BIRDS, ""), bird("tweety", spec.clone()));
    let answer = cluster.send(&request).unwrap();
    assert_eq!(
        answer.body["spec"],
        json!({"colour": "yellow", "count": 1, "free": {"any": [1]}, "size": "2m"})
    );
    assert_eq!(answer.warnings, ["unknown field \"spec.song\""]);
    let mut strict = Request::create(resource(BIRDS, ""), bird("other", spec));
    strict.options.field_validation = "Strict".to_owned();
    assert_eq!(
        cluster.send(&strict).unwrap_err().message,
        "Bird in version \"v1\" cannot be handled as a Bird: strict decoding error: unknown field \"spec.song\""
    );
}

#[test]
fn invalid_objects_are_refused_in_the_servers_words() {
    let mut cluster = aviary();
    for (spec, message) in [
        (json!({}), "spec.colour: Required value"),
        (
            json!({"colour": "red"}),
            "spec.colour: Unsupported value: \"red\": supported values: \"yellow\", \"green\"",
        ),
        (
            json!({"colour": "green", "count": 10}),
            "spec.count: Invalid value: 10: spec.count in body should be less than or equal to 9",
        ),
        (
            json!({"colour": "green", "count": "many"}),
            "spec.count: Invalid value: \"string\": spec.count in body must be of type integer: \"string\"",
        ),
        (
            json!({"colour": "green", "name": "X"}),
            "spec.name: Invalid value: \"X\": spec.name in body should match '^[a-z]+$'",
        ),
    ] {
        let refusal = cluster.create(BIRDS, bird("tweety", spec)).unwrap_err();
        assert_eq!(refusal.message, format!("Bird.example.com \"tweety\" is invalid: {message}"));
    }
}

#[test]
fn status_is_written_apart_and_only_the_spec_raises_the_generation() {
    let mut cluster = aviary();
    let mut tweety = bird("tweety", json!({"colour": "yellow"}));
    tweety["status"] = json!({"count": 7});
    assert_eq!(cluster.create(BIRDS, tweety).unwrap().get("status"), None);
    let patched =
        cluster.merge_status(BIRDS, "tweety", json!({"status": {"count": 1}, "spec": {"count": 5}})).unwrap();
    assert_eq!((&patched["status"]["count"], &patched["spec"]["count"]), (&json!(1), &json!(1)));
    assert_eq!(patched["metadata"]["generation"], 1);
    let patched =
        cluster.merge(BIRDS, "tweety", json!({"status": {"count": 9}, "spec": {"count": 5}})).unwrap();
    assert_eq!((&patched["status"]["count"], &patched["spec"]["count"]), (&json!(1), &json!(5)));
    assert_eq!(patched["metadata"]["generation"], 2);
    let unseen = cluster.update(BIRDS, bird("tweety", json!({"colour": "green"}))).unwrap_err();
    assert_eq!(
        unseen.message,
        "Bird.example.com \"tweety\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update"
    );
}

#[test]
fn scale_follows_the_paths_of_the_definition() {
    let mut cluster = aviary();
    cluster.create(BIRDS, bird("tweety", json!({"colour": "yellow", "count": 3}))).unwrap();
    let scale = cluster.send(&Request::get(resource(BIRDS, "tweety").subresource("scale"))).unwrap().body;
    assert_eq!(scale["spec"], json!({"replicas": 3}));
}

#[test]
fn columns_are_those_of_the_definition() {
    let mut cluster = aviary();
    let tweety = cluster.create(BIRDS, bird("tweety", json!({"colour": "yellow"}))).unwrap();
    cluster.wait(300);
    let table = cluster.world.table(&resource(BIRDS, ""), &[tweety], cluster.now, IncludeObject::None);
    assert_eq!(table["rows"][0]["cells"], json!(["tweety", "yellow", "5m"]));
}

#[test]
fn a_removed_definition_takes_its_objects_along() {
    let mut cluster = aviary();
    cluster.create(BIRDS, bird("tweety", json!({"colour": "yellow"}))).unwrap();
    let before = cluster.world.version();
    cluster
        .delete("apiextensions.k8s.io/v1/customresourcedefinitions", "birds.example.com", json!({}))
        .unwrap();
    cluster.step();
    let gone = cluster
        .world
        .events_after(before)
        .unwrap()
        .filter(|event| event.kind == aviary_world::WatchEventType::Deleted);
    assert_eq!(
        gone.map(|event| event.plural.to_string()).collect::<Vec<_>>(),
        ["birds", "customresourcedefinitions"]
    );
    assert_eq!(
        cluster.get(BIRDS, "tweety").unwrap_err().message,
        "the server could not find the requested resource"
    );
}
