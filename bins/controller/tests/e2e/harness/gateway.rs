//! A gateway that follows every route, without serving anybody.

use futures::StreamExt as _;
use kube::Client;
use serde_json::{Value, json};

use super::requests::{self, Patch, path};
use super::stand::watch;
use super::{Kind, text};

/// Says of every generation of every route that it is followed, unless the label `e2e/gateway` says that it is not.
pub(crate) async fn play(client: Client) {
    let mut routes = watch(client.clone(), Kind::HTTP_ROUTE);
    while let Some((route, gone)) = routes.next().await {
        let meta = &route["metadata"];
        let known = &route["status"]["parents"][0]["conditions"][0]["observedGeneration"];
        if gone || *known == meta["generation"] || meta["labels"].get("e2e/gateway").is_some() {
            continue;
        }
        let name = format!("{}/status", text(&meta["name"]));
        let path = path(Kind::HTTP_ROUTE, text(&meta["namespace"]), &name);
        // The route may be gone by now, with its test.
        let _refused = requests::patch(&client, &path, Patch::Merge, &followed(&route)).await;
    }
}

fn followed(route: &Value) -> Value {
    let accepted = json!({
        "type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
        "observedGeneration": route["metadata"]["generation"], "lastTransitionTime": "2026-01-31T12:00:00Z",
    });
    json!({"status": {"parents": [{
        "parentRef": route["spec"]["parentRefs"][0], "controllerName": "example.com/gateway",
        "conditions": [accepted],
    }]}})
}
