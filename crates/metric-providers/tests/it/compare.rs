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
async fn a_histogram_is_read_by_the_upper_ends_of_its_buckets() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let server = MockServer::start().await;
    let series =
        |end: &str, pod: &str, count: &str| json!({"metric": {"le": end, "pod": pod}, "value": [0, count]});
    let canary = json!([series("0.1", "a", "3"), series("0.1", "b", "4"), series("+Inf", "a", "9")]);
    let nameless = json!([{"metric": {"pod": "a"}, "value": [0, "1"]}]);
    let strange = json!([series("quick", "a", "1")]);
    let without_end = json!((0..300).map(|end| series(&end.to_string(), "a", "1")).collect::<Vec<_>>());
    for (query, result) in [
        ("slow1", canary),
        ("slow0", json!([])),
        ("all", nameless),
        ("strange", strange),
        ("endless", without_end),
        ("nan", json!([series("1", "a", "NaN")])),
    ] {
        let body = json!({"status": "success", "data": {"resultType": "vector", "result": result}});
        Mock::given(method("POST"))
            .and(body_string_contains(format!("query={query}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    let asked = |source: Json, stable: &str| {
        let mut metric = metric(&source);
        metric.provider["plugin"]["aviary/compare"]["metrics"] = json!([{
            "name": "latency", "kind": "latency", "canary": {"buckets": "slow1"}, "stable": {"buckets": stable},
        }]);
        metric
    };
    let prometheus = json!({"prometheus": {"address": server.uri()}});
    let found = read(&Ctx::default(), &asked(prometheus.clone(), "slow0")).await;
    let figures = json!({"latency": {"canary": {"buckets": {"0.1": 7.0, "+Inf": 9.0}}, "stable": {}}});
    assert_eq!(found.outcome, Ok(Some(Value::Json(figures))));
    for (query, said) in [
        ("all", "sum by (le)"),
        ("strange", "\"quick\" is none"),
        ("endless", "more than 250"),
        ("nan", "\"1\" is none"),
    ] {
        let text = read(&Ctx::default(), &asked(prometheus.clone(), query)).await.outcome.unwrap_err();
        assert!(text.contains(said), "{text}");
    }
    let text = read(&Ctx::default(), &asked(json!({"datadog": {}}), "slow0")).await.outcome.unwrap_err();
    assert!(text.contains("metric latency: histograms are read from prometheus alone"), "{text}");
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
