//! The contract with Wavefront (spec analysis-04, Wavefront).

use aviary_metric_providers::{Reading, wanted};
use serde_json::{Value as Json, json};
use wiremock::matchers::{header, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask_with, fault, metric, texts, value};

pub(crate) async fn answered(status: u16, body: &Json) -> Reading {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/chart/api"))
        .and(header("authorization", "Bearer t0ken"))
        .and(header("accept", "application/json"))
        .and(query_param("q", "ts(a)"))
        .and(query_param("s", "1700000000000"))
        .and(query_param("e", "1700000000000"))
        .and(query_param("g", "s"))
        .and(query_param("p", "1"))
        .and(query_param("i", "true"))
        .and(query_param("autoEvents", "false"))
        .and(query_param("listmode", "false"))
        .and(query_param("strict", "false"))
        .and(query_param("includeObsoleteMetrics", "false"))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(&server)
        .await;
    let address = server.uri();
    let keys = texts(&[(address.as_str(), "t0ken")]);
    ask_with("wavefront", json!({"address": address, "query": "ts(a)"}), keys).await
}

#[tokio::test]
async fn the_point_that_is_nearest_to_now_counts_and_its_distance_is_remembered() {
    let series =
        json!([{"data": [[1_699_999_000, 1.0], [1_700_000_010, 10.126]]}, {"data": [[1_699_999_999, 11]]}]);
    let reading = answered(200, &json!({"timeseries": series, "warnings": "slow"})).await;
    assert_eq!(value(&reading).text(), "[10.13,11.00]");
    let expected = [("drift", "[10,-1]"), ("timestamps", "[1700000010,1699999999]"), ("warnings", "slow")];
    assert_eq!(reading.metadata, texts(&expected));
}

#[tokio::test]
async fn refusals_are_told_as_far_as_wavefront_says_why() {
    let reading = answered(403, &json!({"no": 1})).await;
    let withheld = "with a body of 8 bytes, which is in the controller's debug log";
    assert_eq!(fault(&reading), format!("server returned 403 Forbidden: {withheld}"));
    let reading = answered(400, &json!({"errorMessage": "no such function", "no": 1})).await;
    assert_eq!(fault(&reading), "server returned 400 Bad Request: no such function");
}

#[tokio::test]
async fn the_token_stands_in_the_secret_under_the_address() {
    let config = || json!({"address": "h.wavefront.example", "query": "q"});
    assert_eq!(wanted(&metric("wavefront", config())).unwrap().secret, "wavefront-api-tokens");
    let other = ask_with("wavefront", config(), texts(&[("other", "t")])).await;
    assert_eq!(fault(&other), "API token not found");
    let none = ask_with("wavefront", config(), texts(&[])).await;
    assert_eq!(fault(&none), "secrets \"wavefront-api-tokens\" not found");
}
