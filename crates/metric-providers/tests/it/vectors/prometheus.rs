//! P1 to P12.

use aviary_metric_providers::Reading;
use serde_json::{Value as Json, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{holds, json, passed};
use crate::ask;

async fn answered(body: &Json) -> Reading {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    ask("prometheus", json!({"address": server.uri(), "query": "q"})).await
}

fn of(kind: &str, result: &str) -> Json {
    json!({"status": "success", "data": {"resultType": kind, "result": json(result)}})
}

#[tokio::test]
async fn vectors_of_prometheus_hold() {
    let eleven = r#"[{"metric": {}, "value": [1, "10"]}, {"metric": {}, "value": [1, "11"]}]"#;
    let four = r#"[{"values": [[1, "11"], [2, "12"]]}, {"values": [[1, "13"], [2, "14"]]}]"#;
    let web = r#"[{"metric": {"job": "web"}, "value": [1700000000, "42.5"]}]"#;
    let (nan, inf) = (r#"[1, "NaN"]"#, r#"[1, "+Inf"]"#);
    for (row, kind, result, success, failure, phase, value) in [
        ("P1", "scalar", r#"[1, "10"]"#, "result == 10", "result != 10", 'S', "10"),
        ("P2", "vector", eleven, "10 in result", "len(result) != 2", 'S', "[10,11]"),
        ("P3", "matrix", four, "all(result, # > 10)", "all(result, # < 10)", 'S', "[11,12,13,14]"),
        ("P4", "scalar", nan, "result >= 0.9", "result < 0.9", 'I', "NaN"),
        ("P5", "scalar", nan, "result >= 0.9 || isNaN(result)", "", 'S', "NaN"),
        ("P6", "scalar", nan, "result >= 0.9", "", 'F', "NaN"),
        ("P7", "scalar", inf, "result >= 0.9", "", 'S', "+Inf"),
        ("P7", "scalar", inf, "", "isInf(result)", 'F', "+Inf"),
        ("P10", "vector", web, "result[0] == 42.5", "", 'S', "[42.5]"),
    ] {
        holds(row, &answered(&of(kind, result)).await, (success, failure), (phase, value, ""));
        passed(row);
    }
    let mut body = of("scalar", r#"[1, "1"]"#);
    body["warnings"] = json!(["warning", "warning2"]);
    let reading = answered(&body).await;
    holds("P8", &reading, ("true", ""), ('S', "1", ""));
    assert_eq!(reading.metadata["warnings"], r#""warning", "warning2""#);
    passed("P8");
    for kind in ["string", "streams", ""] {
        let unknown = answered(&of(kind, r#"[1, "x"]"#)).await;
        holds("P9", &unknown, ("true", ""), ('E', "", "Prometheus metric type not supported"));
    }
    passed("P9");
}

#[tokio::test]
async fn vectors_of_range_queries_hold() {
    let config = |start: &str, step: &str| json!({"address": "http://127.0.0.1:1", "query": "q", "rangeQuery": {"start": start, "end": "now()", "step": step}});
    let now = "2023-11-14T22:13:20Z";
    let reading = |start: &'static str, step: &'static str| async move {
        let times = |text: &str| expr::time(text, now.parse().unwrap()).map(|time| time.at);
        let ctx = aviary_metric_providers::Ctx { times: &times, ..crate::ctx() };
        aviary_metric_providers::read(&ctx, &crate::metric("prometheus", config(start, step))).await
    };
    let expected = "failed to parse rangeQuery.start as time: time: invalid duration \"??\"";
    holds("P11", &reading("now() - duration(\"??\")", "1m").await, ("", ""), ('E', "", expected));
    passed("P11");
    let expected = "failed to parse rangeQuery.step as duration: time: invalid duration \"??\"";
    holds("P12", &reading("now()", "??").await, ("", ""), ('E', "", expected));
    passed("P12");
}
