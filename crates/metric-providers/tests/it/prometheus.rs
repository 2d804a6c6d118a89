//! The contract with Prometheus (spec analysis-04, Prometheus).

use serde_json::{Value as Json, json};
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{Value, ask, fault, value};

async fn answering(status: u16, body: &Json) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(method("POST")).and(path("/api/v1/query")).respond_with(answer).mount(&server).await;
    server
}

fn of(kind: &str, result: Json) -> Json {
    let mut body = json!({"status": "success", "data": {"resultType": kind}});
    body["data"]["result"] = result;
    body
}

#[tokio::test]
async fn a_query_is_posted_as_a_form_with_the_time_of_the_question() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/prefix/api/v1/query"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(header("x-scope-orgid", "b"))
        .and(header("authorization", "Basic dXNlcjpzM2NyM3Q="))
        .and(body_string("query=up+%3E+0&time=1700000000.5"))
        .respond_with(ResponseTemplate::new(200).set_body_json(of("scalar", json!([1.5, "0.95"]))))
        .expect(1)
        .mount(&server)
        .await;
    let config = json!({
        "address": format!("{}/prefix/", server.uri()), "query": "up > 0",
        "headers": [{"key": "X-Scope-OrgID", "value": "a"}, {"key": "X-Scope-OrgID", "value": "b"}],
        "authentication": {"basicAuth": {"username": "user", "password": "s3cr3t"}},
    });
    let reading = ask("prometheus", config).await;
    assert_eq!(value(&reading), Value::Number(0.95));
    assert_eq!(reading.about["ResolvedPrometheusQuery"], "up > 0");
}

#[tokio::test]
async fn a_range_query_sends_start_end_and_step() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v1/query_range"))
        .and(body_string("query=up&start=1699999700&end=1700000000&step=60"))
        .respond_with(ResponseTemplate::new(200).set_body_json(of(
            "matrix",
            json!([{"values": [[1, "11"], [2, "12"]]}, {"values": [[1, "13"], [2, "14"]]}]),
        )))
        .mount(&server)
        .await;
    let range = json!({"start": "now() - duration(\"5m\")", "end": "now()", "step": "1m"});
    let config = |range: Json| json!({"address": server.uri(), "query": "up", "rangeQuery": range});
    let reading = ask("prometheus", config(range)).await;
    assert_eq!(value(&reading).text(), "[11,12,13,14]");

    for (field, wrong, expected) in [
        ("start", "hello", "failed to parse rangeQuery.start as time: unknown name hello"),
        ("end", "hello", "failed to parse rangeQuery.end as time: unknown name hello"),
        ("step", "x", "failed to parse rangeQuery.step as duration: "),
    ] {
        let mut range = json!({"start": "now()", "end": "now()", "step": "1m"});
        range[field] = json!(wrong);
        let text = fault(&ask("prometheus", config(range)).await);
        assert!(text.starts_with(expected), "{text}");
    }
}

#[tokio::test]
async fn values_are_typed_and_written_as_the_conditions_expect() {
    let many = || json!([{"metric": {}, "value": [1, "10"]}, {"metric": {"a": "b"}, "value": [1, "11"]}]);
    for (kind, result, expected, text) in [
        ("scalar", json!([1, "10"]), Value::Number(10.0), "10"),
        ("scalar", json!([1, "+Inf"]), Value::Number(f64::INFINITY), "+Inf"),
        ("scalar", json!([1, "-Inf"]), Value::Number(f64::NEG_INFINITY), "-Inf"),
        ("scalar", json!([1, "1e30"]), Value::Number(1e30), "1000000000000000000000000000000"),
        ("vector", many(), Value::Numbers(vec![10.0, 11.0]), "[10,11]"),
        ("vector", json!([]), Value::Numbers(vec![]), "[]"),
    ] {
        let server = answering(200, &of(kind, result)).await;
        let reading = ask("prometheus", json!({"address": server.uri(), "query": "up"})).await;
        assert_eq!((value(&reading), value(&reading).text()), (expected, text.to_owned()));
    }
    let server = answering(200, &of("scalar", json!([1, "NaN"]))).await;
    let reading = ask("prometheus", json!({"address": server.uri(), "query": "up"})).await;
    assert_eq!(value(&reading).text(), "NaN");
}

#[tokio::test]
async fn warnings_are_remembered_quoted() {
    let mut body = of("vector", json!([]));
    body["warnings"] = json!(["warning", "warning2"]);
    let server = answering(200, &body).await;
    let reading = ask("prometheus", json!({"address": server.uri(), "query": "up"})).await;
    assert_eq!(reading.metadata["warnings"], "\"warning\", \"warning2\"");
}

#[tokio::test]
async fn answers_that_are_no_values_are_errors() {
    let refused = json!({"status": "error", "errorType": "bad_data", "error": "parse error"});
    for (status, body, expected) in [
        (400, refused.clone(), "bad_data: parse error"),
        (422, refused.clone(), "bad_data: parse error"),
        (200, refused, "bad_data: parse error"),
        (400, of("vector", json!([])), "bad_response: inconsistent body for response code"),
        (404, json!({}), "client_error: client error: 404"),
        (503, json!({}), "server_error: server error: 503"),
        (304, json!({}), "bad_response: bad response code 304"),
        (
            200,
            of("string", json!([1, "x"])),
            "unexpected value type \"string\": Prometheus metric type not supported",
        ),
        (200, of("scalar", json!([1, "x"])), "bad_response: \"x\" is no number"),
    ] {
        let server = answering(status, &body).await;
        let reading = ask("prometheus", json!({"address": server.uri(), "query": "up"})).await;
        assert_eq!(fault(&reading), expected);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_post_is_asked_by_get() {
    for status in [403, 405, 501] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        Mock::given(method("GET"))
            .and(path("/api/v1/query"))
            .and(query_param("query", "up"))
            .and(query_param("time", "1700000000.5"))
            .respond_with(ResponseTemplate::new(200).set_body_json(of("scalar", json!([1, "1"]))))
            .mount(&server)
            .await;
        let reading = ask("prometheus", json!({"address": server.uri(), "query": "up"})).await;
        assert_eq!(value(&reading), Value::Number(1.0));
    }
}

#[tokio::test]
async fn a_wrong_configuration_is_named_before_anything_is_sent() {
    for (config, expected) in [
        (json!({}), "prometheus address is not configured"),
        (json!({"address": "prometheus"}), "prometheus address is not is url format"),
        (json!({"address": "ftp://p"}), "prometheus address is not is url format"),
        (json!({"address": "http://p", "timeout": -1}), "prometheus timeout should not be negative"),
        (json!({"address": "http://p", "timeout": 0}), "no answer within 0s: context deadline exceeded"),
        (
            json!({"address": "http://p", "authentication": {"basicAuth": {"password": "x"}}}),
            "missing mandatory parameter in metric for basic auth setup: username",
        ),
        (
            json!({"address": "http://p", "authentication": {"basicAuth": {"username": "x"}}}),
            "missing mandatory parameter in metric for basic auth setup: password",
        ),
        (json!({"address": 5}), "provider.prometheus: "),
    ] {
        let text = fault(&ask("prometheus", config).await);
        assert!(text.starts_with(expected), "{text}");
    }
}

#[tokio::test]
async fn an_error_names_metric_provider_address_and_remedy_but_no_secret() {
    let refused = json!({"status": "error", "errorType": "bad_data", "error": "no such s3cr3t"});
    let server = answering(400, &refused).await;
    let address = server.uri().replace("http://", "http://user:s3cr3t@");
    let reading = ask("prometheus", json!({"address": address, "query": "up{token=\"s3cr3t\"}"})).await;
    let expected = format!(
        "bad_data: no such *** (metric \"success-rate\", provider prometheus at {}/; \
         ask the address the same question and look at its answer)",
        server.uri()
    );
    assert_eq!(reading.outcome, Err(expected));
    assert_eq!(reading.about["ResolvedPrometheusQuery"], "up{token=\"***\"}");
}
