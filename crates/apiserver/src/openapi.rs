//! OpenAPI, as far as clients need it to act: which resources take which parameters.
//!
//! `kubectl` reads from it that the server validates fields itself. There are no schemas: with them `kubectl` would
//! compute its patches from them instead of from its own types, and `kubectl explain` has better places to look.

use http::HeaderMap;
use http::header::ACCEPT;
use serde_json::{Map, Value, json};
use world::World;

use crate::answer::{self, Answer};
use crate::body::Body;
use crate::discovery;

/// The document of version 2 in protobuf: field 1 is the version of the format, and there is nothing else.
const V2_PROTOBUF: &[u8] = b"\n\x032.0";

/// `/openapi/v2`
pub(crate) fn v2(headers: &HeaderMap) -> http::Response<Body> {
    let wanted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if wanted.contains("com.github.proto-openapi.spec.v2") {
        let content_type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
        return answer::respond(200, content_type, Body::whole(V2_PROTOBUF));
    }
    let info = json!({"title": "Aviary", "version": "v1.34.1"});
    Answer::of(json!({"swagger": "2.0", "info": info, "paths": {}})).respond("application/json")
}

/// `/openapi/v3`: which documents there are. The world's version in the address keeps caches honest.
pub(crate) fn index(world: &World) -> Value {
    let mut paths = Map::new();
    let mut add = |path: String| {
        let url = format!("/openapi/v3/{path}?hash={}", fingerprint(world));
        paths.insert(path, json!({"serverRelativeURL": url}));
    };
    add("api/v1".to_owned());
    for group in discovery::groups(world)["groups"].as_array().into_iter().flatten() {
        for version in group["versions"].as_array().into_iter().flatten() {
            add(format!("apis/{}", version["groupVersion"].as_str().unwrap_or_default()));
        }
    }
    json!({"paths": paths})
}

/// What the documents depend on: the kinds that are served.
fn fingerprint(world: &World) -> String {
    let kinds = world.kinds().map(|kind| (kind.plural.len() + kind.group.len() + kind.versions.len()) as u64);
    format!("{:X}", kinds.fold(1_u64, |hash, length| hash.wrapping_mul(31).wrapping_add(length)))
}

/// `/openapi/v3/apis/{group}/{version}`
pub(crate) fn document(world: &World, group: &str, version: &str) -> Option<Value> {
    let resources = discovery::resources(world, group, version)?;
    let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    let mut paths = Map::new();
    for resource in resources["resources"].as_array()? {
        let name = resource["name"].as_str()?;
        if name.contains('/') {
            continue;
        }
        let scope = if resource["namespaced"] == true { "/namespaces/{namespace}" } else { "" };
        let kind = json!([{"group": group, "version": version, "kind": resource["kind"]}]);
        let kind = kind.get(0).cloned().unwrap_or_default();
        let write = |action: &str| {
            json!({
                "x-kubernetes-action": action, "x-kubernetes-group-version-kind": kind,
                "parameters": parameters(), "responses": {"200": {"description": "OK"}},
            })
        };
        let collection = format!("{root}{scope}/{name}");
        paths.insert(format!("{collection}/{{name}}"), json!({"patch": write("patch"), "put": write("put")}));
        paths.insert(collection, json!({"post": write("post")}));
    }
    Some(json!({
        "openapi": "3.0.0", "info": {"title": "Aviary", "version": "v1.34.1"}, "paths": paths,
        "components": {"schemas": {}},
    }))
}

fn parameters() -> Value {
    let text =
        |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    json!([text("dryRun"), text("fieldManager"), text("fieldValidation"), text("pretty")])
}
