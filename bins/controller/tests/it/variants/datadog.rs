//! Judged by Datadog: its protocol, with the numbers of the local region.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::helm::Helm;
use crate::local_region::{BAD, Local, measure, runs};

/// What stands for Datadog.
struct Stand {
    http: reqwest::Client,
    prometheus: String,
    asked: Mutex<Vec<String>>,
}

type Refusal = (StatusCode, String);

/// A scalar query, translated for the region's Prometheus.
async fn scalar(
    State(stand): State<Arc<Stand>>,
    headers: HeaderMap,
    Json(question): Json<Value>,
) -> Result<Json<Value>, Refusal> {
    let shown = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if (shown("dd-api-key"), shown("dd-application-key")) != ("key-1", "key-2") {
        return Err((StatusCode::FORBIDDEN, "Forbidden".to_owned()));
    }
    let attributes = &question["data"]["attributes"];
    let queries: BTreeMap<String, String> = attributes["queries"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|query| (text(&query["name"]), text(&query["query"])))
        .collect();
    let formula = text(&attributes["formulas"][0]["formula"]);
    let hash = queries.values().find_map(|query| {
        query.split("rollouts-pod-template-hash:").nth(1)?.split([',', '}']).next().map(str::to_owned)
    });
    let Some(hash) = hash else { return Err((StatusCode::BAD_REQUEST, format!("no hash in {queries:?}"))) };
    let of = |more: &str| format!("rollouts_pod_template_hash=\"{hash}\",route=~\"/v1/.+\"{more}");
    let query = match formula.as_str() {
        "default_zero(failed) / all" => format!(
            "(sum(rate(http_requests_total{{{}}}[3s])) or vector(0)) / sum(rate(http_requests_total{{{}}}[3s]))",
            of(",status=~\"5..\""),
            of("")
        ),
        "p95" => format!(
            "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{{{}}}[3s])))",
            of("")
        ),
        other => return Err((StatusCode::BAD_REQUEST, format!("the formula {other:?} is not known here"))),
    };
    let value = measure(&stand.http, &stand.prometheus, &query).await;
    stand.asked.lock().push(formula.clone());
    let columns = json!([{"name": formula, "type": "number", "values": [value]}]);
    Ok(Json(json!({"data": {"attributes": {"columns": columns}, "type": "scalar_response"}})))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn listen(stand: Arc<Stand>) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/api/v2/query/scalar", post(scalar)).with_state(stand);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_version_passes_and_a_bad_one_is_given_up() {
    let Some(helm) = Helm::find("a_good_version_passes_and_a_bad_one_is_given_up") else { return };
    let local = Local::start().await;
    let stand = Arc::new(Stand {
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        prometheus: format!("http://{}", local.region.prometheus_addr()),
        asked: Mutex::default(),
    });
    let address = listen(Arc::clone(&stand)).await;
    local
        .apply(&json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "datadog", "namespace": "openclaw"},
            "stringData": {"api-key": "key-1", "app-key": "key-2", "address": format!("http://{address}")},
        }))
        .await;
    local.bring(&helm, "datadog", "image.tag=1.4.0").await;
    local.until("1.4.0 runs", runs("1.4.0")).await;
    local.bring(&helm, "datadog", "image.tag=1.5.0").await;
    local.until("1.5.0 runs", runs("1.5.0")).await;
    let asked = std::mem::take(&mut *stand.asked.lock());
    for formula in ["default_zero(failed) / all", "p95"] {
        assert_eq!(asked.iter().filter(|one| *one == formula).count(), 9, "{asked:?}");
    }

    local.bring(&helm, "datadog", &format!("image.tag={BAD}")).await;
    let rollout = local.until("it is given up", |rollout| rollout["status"]["abort"] == true).await;
    let message = rollout["status"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("Metric \"error-rate\" assessed Failed"), "{message}");
    local.end().await;
}
