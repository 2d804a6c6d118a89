//! The contract with SkyWalking (spec analysis-04, SkyWalking).

use aviary_metric_providers::{Ctx, read};
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_json, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask, ctx, fault, metric, value};

/// A SkyWalking that answers anything with this.
pub(crate) async fn answering(status: u16, body: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/graphql"))
        .respond_with(ResponseTemplate::new(status).set_body_string(body))
        .mount(&server)
        .await;
    server
}

/// The configuration for such a server.
pub(crate) fn config(server: &MockServer) -> Json {
    json!({"address": server.uri(), "query": "query q", "interval": "3m"})
}

#[tokio::test]
async fn the_look_back_is_told_in_the_minutes_of_the_machines_zone() {
    let server = MockServer::start().await;
    let duration = json!({"start": "2023-11-15 0010", "end": "2023-11-15 0013", "step": "MINUTE"});
    Mock::given(path("/graphql"))
        .and(header("content-type", "application/json; charset=utf-8"))
        .and(header("accept", "application/json; charset=utf-8"))
        .and(body_json(json!({"query": "query q", "variables": {"duration": duration}})))
        .respond_with(ResponseTemplate::new(200).set_body_string(r#"{"data": {"count": 10}}"#))
        .mount(&server)
        .await;
    let zone = TimeZone::fixed(Offset::constant(2));
    let reading = read(&Ctx { zone, ..ctx() }, &metric("skywalking", config(&server))).await;
    assert_eq!(value(&reading).text(), r#"{"count":10}"#);
}

#[tokio::test]
async fn what_is_no_data_is_an_error_whatever_the_status() {
    for (status, body, expected) in [
        (200, r#"{"errors": [{"message": "first"}, {"message": "second"}]}"#, "graphql: first"),
        (200, r#"{"data": null}"#, "no results returned from SkyWalking query"),
        (500, "oops", "decoding response: invalid character 'o' looking for beginning of value"),
    ] {
        let server = answering(status, body).await;
        assert_eq!(fault(&ask("skywalking", config(&server)).await), expected);
    }
    let server = answering(500, r#"{"data": {"a": 1}}"#).await;
    assert_eq!(value(&ask("skywalking", config(&server)).await).text(), r#"{"a":1}"#);
    let without = json!({"address": server.uri(), "query": "q"});
    assert_eq!(fault(&ask("skywalking", without).await), "time: invalid duration \"\"");
}
