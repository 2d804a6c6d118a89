//! The contract with InfluxDB (spec analysis-04, InfluxDB).

use aviary_metric_providers::{Credentials, wanted};
use serde_json::json;
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask_with, fault, metric, texts, value};

/// Credentials for a server.
pub(crate) fn keys(address: &str) -> Credentials {
    texts(&[("authToken", "t0ken-of-influx"), ("org", "our org"), ("address", address)])
}

/// An answer with these values of this type.
pub(crate) fn table(kind: &str, values: &[&str]) -> String {
    let rows: Vec<String> = values.iter().map(|value| format!(",,0,{value}\r\n")).collect();
    let head = format!("#datatype,string,long,{kind}\r\n#group,false,false,false\r\n#default,_result,,\r\n");
    format!("{head},result,table,_value\r\n{}\r\n", rows.concat())
}

pub(crate) async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/api/v2/query")).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn a_query_is_posted_with_its_dialect_and_the_values_are_listed() {
    let server = MockServer::start().await;
    let dialect = json!({"annotations": ["datatype", "group", "default"], "delimiter": ",", "header": true});
    Mock::given(path("/api/v2/query"))
        .and(query_param("org", "our org"))
        .and(header("authorization", "Token t0ken-of-influx"))
        .and(header("content-type", "application/json"))
        .and(body_json(json!({"dialect": dialect, "query": "from(b)", "type": "flux"})))
        .respond_with(ResponseTemplate::new(200).set_body_string(table("double", &["1.0", "6.6"])))
        .mount(&server)
        .await;
    let reading =
        ask_with("influxdb", json!({"query": "from(b)"}), keys(&format!("{}/", server.uri()))).await;
    assert_eq!(value(&reading).text(), "[1 6.6]");
}

#[tokio::test]
async fn refusals_are_told_as_the_client_of_influxdb_tells_them() {
    let json = |status: u16, body: &str| ResponseTemplate::new(status).set_body_raw(body, "application/json");
    for (answer, expected) in [
        (json(401, r#"{"code": "unauthorized", "message": "no"}"#), "unauthorized: no"),
        (json(500, "x"), "invalid character 'x' looking for beginning of value"),
        (
            ResponseTemplate::new(500).set_body_string("oops"),
            "500 Internal Server Error: with a body of 4 bytes, which is in the controller's debug log",
        ),
        (
            ResponseTemplate::new(500).set_body_string(r#"{"error": "late", "other": "kept"}"#),
            "500 Internal Server Error: late",
        ),
        (ResponseTemplate::new(429), "too many requests: exceeded rate limit"),
        (ResponseTemplate::new(503), "unavailable: service temporarily unavailable"),
        (
            ResponseTemplate::new(400).insert_header("x-influxdb-error", "bad flux"),
            "400 Bad Request: bad flux",
        ),
        (json(401, r#"{"error": "no such user"}"#), "Unexpected status code 401: no such user"),
        (
            json(500, r#"{"error": "x"}"#).insert_header("x-influxdb-error", "x"),
            "500 Internal Server Error: x",
        ),
        (ResponseTemplate::new(404), "Unexpected status code 404"),
        (ResponseTemplate::new(200), "no results returned from flux query"),
        (ResponseTemplate::new(200).set_body_string("\"broken"), "no results returned from flux query"),
        // A proxy's page for a person, not an answer of nulls.
        (
            ResponseTemplate::new(200).set_body_string("<p>\nSign in,\nplease,\n</p>"),
            "no results returned from flux query",
        ),
    ] {
        let server = answering(answer).await;
        let reading = ask_with("influxdb", json!({"query": "q"}), keys(&server.uri())).await;
        assert_eq!(fault(&reading), expected);
    }
}

#[tokio::test]
async fn all_three_keys_are_needed() {
    assert_eq!(wanted(&metric("influxdb", json!({"query": "q"}))).unwrap().secret, "influxdb");
    assert_eq!(wanted(&metric("influxdb", json!({"profile": "p"}))).unwrap().secret, "p");
    for missing in [0, 1, 2] {
        let mut entries = vec![("authToken", "t"), ("org", "o"), ("address", "http://h")];
        entries.remove(missing);
        let reading = ask_with("influxdb", json!({"query": "q"}), texts(&entries)).await;
        assert_eq!(fault(&reading), "authToken, org, or address not found");
    }
}
