//! The worked example's manifests on a local region: what the release will lean on is there.

use std::path::PathBuf;

use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::{Place, place, quick};

fn manifests(file: &str) -> Vec<Value> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/openclaw")).join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    crd::yaml::from_documents(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

async fn apply(place: &Place, object: &Value) {
    let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
    let kind = GroupVersionKind::try_from(object.types.as_ref().unwrap()).unwrap();
    let kind = ApiResource::from_gvk(&kind);
    let api: Api<DynamicObject> = match object.metadata.namespace.as_deref() {
        Some(namespace) => Api::namespaced_with(place.region.client(), namespace, &kind),
        None => Api::all_with(place.region.client(), &kind),
    };
    let name = object.metadata.name.clone().unwrap();
    api.patch(&name, &PatchParams::apply("test").force(), &Patch::Apply(&object)).await.unwrap();
}

/// The ReplicaSet that a controller makes of the Rollout's template.
fn replica_set(rollout: &Value, hash: &str) -> Value {
    let labels = json!({"app": "openclaw-rating-api", "rollouts-pod-template-hash": hash});
    let mut template = rollout["spec"]["template"].clone();
    template["metadata"]["labels"] = labels.clone();
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": format!("openclaw-rating-api-{hash}"), "namespace": "openclaw"},
        "spec": {"replicas": 4, "selector": {"matchLabels": labels}, "template": template},
    })
}

/// The value of a template's query for `hash`, as a controller asks for it.
async fn measure(place: &Place, template: &Value, hash: &str) -> Option<f64> {
    let query = template["spec"]["metrics"][0]["provider"]["prometheus"]["query"].as_str().unwrap();
    let query = query.replace("{{args.canary-hash}}", hash);
    assert!(!query.contains("{{"), "an argument is not filled in: {query}");
    let url = format!("http://{}/api/v1/query", place.region.prometheus_addr());
    let answer: Value =
        place.http.get(url).query(&[("query", query)]).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], "success", "{answer}");
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manifests_run_and_their_analyses_measure_the_version_they_name() {
    let place = place(quick()).await;
    for file in [
        "local/namespace.yaml",
        "local/secret.yaml",
        "rendered/services.yaml",
        "rendered/httproute.yaml",
        "rendered/poddisruptionbudget.yaml",
    ] {
        for object in manifests(file) {
            apply(&place, &object).await;
        }
    }
    apply(&place, &replica_set(&manifests("rendered/rollout.yaml")[0], "abc")).await;
    crate::support::until("all pods are ready", || async {
        place.region.gateway().endpoints("openclaw", "openclaw-rating-api-stable") == 4
    })
    .await;
    let templates = manifests("rendered/analysistemplates.yaml");
    for template in &templates {
        let measured = measure(&place, template, "abc").await;
        assert!(measured.is_none_or(f64::is_nan), "no traffic is no data: {measured:?}");
    }
    let asked = || async {
        let answer = place.get("api.openclaw.example.com", "/v1/items/lobster/rating").await;
        assert_eq!(answer, (200, "1.4.0".to_owned()));
        let (errors, latency) =
            (measure(&place, &templates[0], "abc").await, measure(&place, &templates[1], "abc").await);
        errors == Some(0.0) && latency.is_some_and(|seconds| seconds > 0.0 && seconds < 0.2)
    };
    crate::support::until("both analyses measure", asked).await;
    assert_eq!(measure(&place, &templates[0], "other").await, None, "another version has no data");
    place.region.shutdown().await;
}
