//! The contract with a web endpoint (spec analysis-04, Web).

use aviary_metric_providers::{Ctx, read};
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_string, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{Value, ask, ctx, fault, metric, value};

async fn answering(status: u16, body: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(status).set_body_string(body))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn what_the_path_finds_is_the_value() {
    let whole = r#"{"a":1,"b":true,"c":[1,2,3,4],"d":null}"#;
    let key = r#"{"key":{"num":1.2,"bool":true,"mapfield":{"foo":"bar"}}}"#;
    for (body, path, text) in [
        (whole, "", whole),
        (r#"{"key":[{"key2":{"value":"1"}}]}"#, "{$.key[0].key2.value}", "\"1\""),
        (r#"{"key":[{"key2":{"value":-1.1}}]}"#, "{$.key[0].key2.value}", "-1.1"),
        (r#"{"key":[1,2,3,4,5,6]}"#, "{$.key}", "[1,2,3,4,5,6]"),
        (key, "{$.key}", r#"{"bool":true,"mapfield":{"foo":"bar"},"num":1.2}"#),
        ("[1,2]", "{$[0]}", "1"),
        (r#"{"a":[{"n":"p","x":1},{"n":"q","x":2}]}"#, r#"{$.a[?(@.n=="q")].x}"#, "2"),
        (r#"{"a":null}"#, "{$.a}", "null"),
        (r#"{"a":{"b.c":1}}"#, r"{.a.b\.c}", "1"),
        (r#"{"a":{"b":1}}"#, "$.a.b", "\"$.a.b\""),
        ("1234567890123456789", "", "1234567890123456800"),
        ("\"<a>\"", "", r#""\u003ca\u003e""#),
    ] {
        let server = answering(200, body).await;
        let reading = ask("web", json!({"url": server.uri(), "jsonPath": path})).await;
        assert_eq!(value(&reading).text(), text);
        assert!(matches!(value(&reading), Value::Json(_)));
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_the_value_itself() {
    for body in ["", "OK", "test: notJson", r#"{"a":1} trailing"#, "12abc"] {
        let server = answering(200, body).await;
        let reading = ask("web", json!({"url": server.uri(), "jsonPath": "{$.a}"})).await;
        assert_eq!(value(&reading), Value::Text(body.to_owned()));
    }
}

#[tokio::test]
async fn answers_without_a_value_are_errors() {
    for (status, body, path, expected) in [
        (300, "", "{$}", "received non 2xx response code: 300"),
        (400, "no", "{$}", "received non 2xx response code: 400"),
        (
            200,
            "[]",
            "{$[0]}",
            "Could not find JSONPath in body: array index out of bounds: index 0, length 0",
        ),
        (200, "{}", "{$.a}", "Could not find JSONPath in body: a is not found"),
        (200, "[]", "{$[*]}", "result of web metric produced no value"),
        (200, "null", "{$}", "result of web metric produced no value"),
        (200, "{}", "{$.a", "jsonPath \"{$.a\": unclosed action"),
    ] {
        let server = answering(status, body).await;
        let reading = ask("web", json!({"url": server.uri(), "jsonPath": path})).await;
        assert_eq!(fault(&reading), expected);
    }
}

async fn sent(config: Json, content_type: &str, body: &str) -> Value {
    let server = MockServer::start().await;
    Mock::given(method(config["method"].as_str().unwrap()))
        .and(header("content-type", content_type))
        .and(header("x-token", "s3cr3t"))
        .and(body_string(body))
        .respond_with(ResponseTemplate::new(201).set_body_string("1"))
        .mount(&server)
        .await;
    let mut config = config;
    config["url"] = json!(server.uri());
    value(&ask("web", config).await)
}

#[tokio::test]
async fn bodies_are_sent_with_post_and_put() {
    let headers = json!([{"key": "X-Token", "value": "s3cr3t"}, {"key": "Content-Type", "value": "text/x"},
        {"key": "Host", "value": "elsewhere"}]);
    let plain = json!({"method": "POST", "headers": headers, "body": "a=<b>"});
    assert_eq!(sent(plain, "text/x", "a=<b>").await.text(), "1");
    let structured = json!({"method": "PUT", "headers": headers, "jsonBody": {"a": ["<", 1]}});
    assert_eq!(sent(structured, "application/json", r#"{"a":["\u003c",1]}"#).await.text(), "1");
}

#[tokio::test]
async fn a_wrong_configuration_is_named_before_anything_is_sent() {
    let both = "use either Body or JSONBody; both cannot exists for WebMetric payload";
    let with_get = "Body/JSONBody can only be used with POST or PUT WebMetric Method types";
    for (config, expected) in [
        (json!({"url": "bad://url.com"}), "unsupported protocol scheme \"bad\""),
        (json!({"url": "http://h", "method": "POST", "body": "a", "jsonBody": {}}), both),
        (json!({"url": "http://h", "body": "a"}), with_get),
        (json!({"url": "http://h", "method": "DELETE"}), "method \"DELETE\" is none of GET, POST, PUT"),
        (json!({"url": "http://h", "headers": [{"key": "a b"}]}), "\"a b\" is no header name"),
    ] {
        assert_eq!(fault(&ask("web", config).await), expected);
    }
}

#[tokio::test]
async fn a_secret_is_blanked_as_a_url_writes_it() {
    let server = answering(500, "").await;
    // As `echo` ends it, and with characters that a path encodes.
    let secrets = ["tok3n\n".to_owned(), "p w \u{e9}".to_owned(), "us".to_owned()];
    let url = format!("{}/tok3n\n/p w \u{e9}/us/status", server.uri());
    let ctx = Ctx { secrets: &secrets, ..ctx() };
    let text = read(&ctx, &metric("web", json!({"url": url}))).await.outcome.unwrap_err();
    let place = format!("provider web at {}/***/***/***/status;", server.uri());
    assert!(text.contains(&place), "{text}");
}

#[tokio::test]
async fn an_address_is_told_shortened_and_no_beginning_of_a_secret_with_it() {
    let secrets = ["s3cr3t.t0ken".to_owned()];
    let ctx = Ctx { secrets: &secrets, ..ctx() };
    // Each is cut in the middle of the secret.
    for (begin, fill, end) in [(":", 990, ""), ("http://127.0.0.1:1/", 975, ""), ("", 993, "://h")] {
        let url = format!("{begin}{}s3cr3t.t0ken{}{end}", "x".repeat(fill), "y".repeat(100_000));
        let text = read(&ctx, &metric("web", json!({"url": url}))).await.outcome.unwrap_err();
        assert!(text.contains("xxx***…") && !text.contains("s3c"), "{text}");
        assert!(text.len() < 3_000, "{} bytes", text.len());
    }
}
