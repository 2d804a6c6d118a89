//! The contract with New Relic (spec analysis-04, NewRelic).

use aviary_metric_providers::{Credentials, Ctx, Reading, read, wanted};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::time::Duration;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask_with, ctx, fault, metric, texts, value};

/// Credentials for a server.
pub(crate) fn keys(address: &str) -> Credentials {
    let nerdgraph = format!("{address}/graphql");
    texts(&[("personal-api-key", "NRAK-1"), ("account-id", "42"), ("base-url-nerdgraph", &nerdgraph)])
}

/// What NerdGraph wraps rows in.
pub(crate) fn rows(rows: Json) -> Json {
    let mut body = json!({"data": {"actor": {"account": {"nrql": {}}}}});
    body["data"]["actor"]["account"]["nrql"]["results"] = rows;
    body
}

pub(crate) async fn answered(answer: ResponseTemplate) -> Reading {
    let server = MockServer::start().await;
    Mock::given(path("/graphql")).respond_with(answer).mount(&server).await;
    ask_with("newRelic", json!({"query": "SELECT 1"}), keys(&server.uri())).await
}

#[tokio::test]
async fn nrql_is_asked_of_the_account_and_named_in_the_result() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/graphql"))
        .and(header("api-key", "NRAK-1"))
        .and(header("content-type", "application/json"))
        .and(header("newrelic-requesting-services", "newrelic-client-go"))
        .and(body_partial_json(json!({"variables": {"accountId": 42, "query": "SELECT 1", "timeout": 7}})))
        .respond_with(ResponseTemplate::new(200).set_body_json(rows(json!([{"count": 10}]))))
        .mount(&server)
        .await;
    let reading = ask_with("newRelic", json!({"query": "SELECT 1", "timeout": 7}), keys(&server.uri())).await;
    assert_eq!(value(&reading).text(), r#"{"count":10}"#);
    assert_eq!(reading.about["ResolvedNewRelicQuery"], "SELECT 1");
    let sent: Json = server.received_requests().await.unwrap()[0].body_json().unwrap();
    let document = sent["query"].as_str().unwrap();
    for part in
        ["$query: Nrql!", "$accountId: Int!", "$timeout: Seconds!", "nrql(query: $query, timeout: $timeout)"]
    {
        assert!(document.contains(part), "{document}");
    }
}

#[tokio::test]
async fn one_row_is_the_value_and_several_are_a_list() {
    for (given, text) in [
        (json!([{"count": 10, "average.duration": 12.34}]), r#"{"average.duration":12.34,"count":10}"#),
        (json!([{"count": 10}, {"count": 20}]), r#"[{"count":10},{"count":20}]"#),
    ] {
        let reading = answered(ResponseTemplate::new(200).set_body_json(rows(given))).await;
        assert_eq!(value(&reading).text(), text);
    }
    for given in [json!([]), json!([{}]), json!(null)] {
        let reading = answered(ResponseTemplate::new(200).set_body_json(rows(given))).await;
        assert_eq!(fault(&reading), "no results returned from NRQL query");
    }
}

const BUSY: &str = "429 response returned: with a body of 4 bytes, which is in the controller's debug log";

#[tokio::test]
async fn what_may_pass_is_asked_three_times_more_with_longer_and_longer_waits() {
    let timeout = json!({"errors": [{"message": "slow", "extensions": {"errorClass": "TIMEOUT"}}]});
    for (answer, expected) in [
        (ResponseTemplate::new(429).set_body_string("busy"), BUSY),
        (ResponseTemplate::new(200).set_body_json(timeout), "slow"),
    ] {
        let server = MockServer::start().await;
        Mock::given(path("/graphql")).respond_with(answer).expect(4).mount(&server).await;
        let waits = Mutex::new(Vec::new());
        let wait = |duration: Duration| -> aviary_metric_providers::Wait {
            waits.lock().push(duration.as_secs());
            Box::pin(std::future::ready(()))
        };
        let ctx = Ctx { credentials: keys(&server.uri()), wait: &wait, ..ctx() };
        let reading = read(&ctx, &metric("newRelic", json!({"query": "SELECT 1"}))).await;
        assert_eq!(fault(&reading), expected);
        assert_eq!(*waits.lock(), [1, 2, 4]);
    }
}

#[tokio::test]
async fn what_will_not_pass_is_told_at_once() {
    let server = MockServer::start().await;
    let refused = json!({"errors": [{"message": "NRQL Syntax Error"}, {"message": "really"}]});
    let answer = ResponseTemplate::new(200).set_body_json(refused);
    Mock::given(path("/graphql")).respond_with(answer).expect(1).mount(&server).await;
    let reading = ask_with("newRelic", json!({"query": "SELECT"}), keys(&server.uri())).await;
    assert_eq!(fault(&reading), "NRQL Syntax Error, really");
}

#[tokio::test]
async fn the_secret_of_the_profile_must_have_key_and_account() {
    assert_eq!(wanted(&metric("newRelic", json!({"query": "q"}))).unwrap().secret, "newrelic");
    assert_eq!(wanted(&metric("newRelic", json!({"profile": "p"}))).unwrap().secret, "p");
    let missing = "account ID or personal API key not found";
    let number = "could not parse account ID: strconv.Atoi: parsing \"x\": invalid syntax";
    for (keys, expected) in [
        (&[("personal-api-key", "k")][..], missing),
        (&[("account-id", "1")], missing),
        (&[("personal-api-key", "k"), ("account-id", "x")], number),
    ] {
        assert_eq!(fault(&ask_with("newRelic", json!({"query": "q"}), texts(keys)).await), expected);
    }
}
