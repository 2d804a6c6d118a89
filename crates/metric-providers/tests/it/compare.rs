//! Both arms from one metric system.

use aviary_metric_providers::{Ctx, Value, read, wanted};
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn metric(source: &Json) -> crd::Metric {
    let metrics = json!([{
        "name": "errors", "kind": "proportion",
        "canary": {"bad": "bad1", "total": "all1"}, "stable": {"bad": "bad0", "total": "all0"},
    }]);
    let compare = json!({"aviary/compare": {"source": source, "maxWait": "5m", "metrics": metrics}});
    serde_json::from_value(json!({"name": "compare", "provider": {"plugin": compare}})).unwrap()
}

async fn answers(server: &MockServer, query: &str, values: &[&str]) {
    let series: Vec<Json> = values.iter().map(|value| json!({"metric": {}, "value": [0, value]})).collect();
    let data = json!({"resultType": "vector", "result": series});
    Mock::given(method("POST"))
        .and(path("/api/v1/query"))
        .and(body_string_contains(format!("query={query}")))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"status": "success", "data": data})))
        .mount(server)
        .await;
}

#[tokio::test]
async fn each_query_gives_a_figure_and_series_are_added_up() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    answers(&server, "bad1", &["2", "1"]).await;
    answers(&server, "all1", &["300"]).await;
    answers(&server, "bad0", &[]).await;
    answers(&server, "all0", &["2700"]).await;
    let found = read(&Ctx::default(), &metric(&json!({"prometheus": {"address": server.uri()}}))).await;
    let figures = json!({"errors": {"canary": {"bad": 3.0, "total": 300.0}, "stable": {"total": 2700.0}}});
    assert_eq!(found.outcome, Ok(Some(Value::Json(figures))));
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_with_what_can() {
    for (source, message) in [
        (json!({"graphite": {}}), "source must be one of prometheus, datadog"),
        (json!({}), "source must be one of prometheus, datadog"),
        (json!({"prometheus": {}}), "prometheus address is not configured"),
    ] {
        let found = read(&Ctx::default(), &metric(&source)).await;
        let text = found.outcome.unwrap_err();
        assert!(text.contains(message), "{text}");
    }
}

#[test]
fn the_source_says_which_credentials_are_wanted() {
    assert_eq!(
        wanted(&metric(&json!({"datadog": {"interval": "10s"}}))).map(|it| it.secret),
        Some("datadog".to_owned())
    );
    assert_eq!(wanted(&metric(&json!({"prometheus": {"address": "http://p"}}))), None);
}
