//! Servers that mean no good, and metrics that nobody serves.

use std::time::Duration;

use aviary_metric_providers::{MAX_BODY, PROVIDERS};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask, fault, value};

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let server = answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; MAX_BODY + 1])).await;
    let expected = format!("the answer is longer than {MAX_BODY} bytes");
    assert_eq!(fault(&ask("web", json!({"url": server.uri()})).await), expected);
    assert_eq!(fault(&ask("prometheus", json!({"address": server.uri(), "query": "up"})).await), expected);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(3600))).await;
    let reading = ask("web", json!({"url": server.uri(), "timeoutSeconds": 1})).await;
    assert_eq!(fault(&reading), "no answer within 1s: context deadline exceeded");
}

#[tokio::test]
async fn a_body_nested_too_deeply_does_not_overflow_the_stack() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let server = answering(ResponseTemplate::new(200).set_body_string(&deep)).await;
    assert_eq!(value(&ask("web", json!({"url": server.uri()})).await).text(), deep);
    let text = fault(&ask("prometheus", json!({"address": server.uri(), "query": "up"})).await);
    assert!(text.starts_with("bad_response: "), "{text}");
}

#[tokio::test]
async fn redirects_are_followed_to_their_end_but_not_for_ever() {
    let server = MockServer::start().await;
    let to = |target: String| ResponseTemplate::new(302).insert_header("location", target);
    Mock::given(path("/old")).respond_with(to(format!("{}/new", server.uri()))).mount(&server).await;
    Mock::given(path("/new"))
        .respond_with(ResponseTemplate::new(200).set_body_string("1"))
        .mount(&server)
        .await;
    Mock::given(path("/round")).respond_with(to(format!("{}/round", server.uri()))).mount(&server).await;
    let reading = ask("web", json!({"url": format!("{}/old", server.uri())})).await;
    assert_eq!(value(&reading).text(), "1");
    let text = fault(&ask("web", json!({"url": format!("{}/round", server.uri())})).await);
    assert!(text.contains("stopped after 10 redirects"), "{text}");
}

#[tokio::test]
async fn a_refused_connection_says_so() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let reading = ask("web", json!({"url": format!("http://{free}/?token=hidden")})).await;
    let text = reading.outcome.unwrap_err();
    assert!(text.contains("Connection refused") && text.contains("check address, network policy"), "{text}");
    assert!(!text.contains("hidden"), "{text}");
}

#[tokio::test]
async fn a_metric_that_nobody_serves_is_an_error_with_the_supported_names() {
    let reading = ask("newRelic", json!({"query": "x"})).await;
    let expected = "no valid provider in metric 'success-rate' (metric \"success-rate\", provider newRelic; \
                    name one of the supported providers: datadog, prometheus, web)";
    assert_eq!(reading.outcome, Err(expected.to_owned()));
}

#[test]
fn each_member_of_provider_selects_exactly_one_row() {
    for name in ["prometheus", "web"] {
        let metric = crate::metric(name, json!({}));
        let rows: Vec<_> = PROVIDERS.iter().filter(|row| row.selected(&metric.provider)).collect();
        assert_eq!(rows.iter().map(|row| row.name()).collect::<Vec<_>>(), [name]);
    }
}
