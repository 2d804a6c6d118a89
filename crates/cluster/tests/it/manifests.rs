//! Manifests of the tests.

use serde_json::{Value, json};

pub(crate) const NAMESPACE: &str = "openclaw";
pub(crate) const ROLLOUT: &str = "openclaw-rating-api";

/// The worked example, as it is.
pub(crate) fn openclaw() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/openclaw");
    let rendered = ["services", "httproute", "analysistemplates", "poddisruptionbudget", "rollout"];
    ["local/namespace", "local/secret"]
        .map(str::to_owned)
        .into_iter()
        .chain(rendered.map(|file| format!("rendered/{file}")))
        .flat_map(|file| {
            let text = std::fs::read_to_string(format!("{folder}/{file}.yaml")).unwrap();
            crd::yaml::from_documents::<Value>(&text).unwrap()
        })
        .collect()
}

/// A small canary without a router: one step of half, a pause of a minute.
pub(crate) fn shop(name: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "shop", "image": "shop:1"}]},
            },
            "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {"duration": "1m"}}]}},
        },
    })
}

/// A template whose metric is measured five times, half a minute apart.
pub(crate) fn template(name: &str, args: Value) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"args": args, "metrics": [{
            "name": "errors", "interval": "30s", "count": 5, "successCondition": "result[0] < 0.01",
            "provider": {"prometheus": {"address": "http://prometheus:9090", "query": "errors"}},
        }]},
    })
}
