//! The contract with Graphite (spec analysis-04, Graphite).

use serde_json::{Value as Json, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask, fault, value};

/// A Graphite that answers anything with this.
pub(crate) async fn answering(status: u16, body: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/graphite/render"))
        .respond_with(ResponseTemplate::new(status).set_body_string(body))
        .mount(&server)
        .await;
    server
}

/// The configuration for such a server.
pub(crate) fn config(server: &MockServer, query: &str) -> Json {
    json!({"address": format!("{}/graphite/", server.uri()), "query": query})
}

#[tokio::test]
async fn the_query_is_sent_without_white_space_sorted_and_asks_for_json() {
    let server = answering(200, r#"[{"target": "x", "datapoints": [[1, 2]]}]"#).await;
    ask("graphite", config(&server, "\n  target=sum(a.*, b)&until=now&from=-2min&target=z%20%2B \t \n"))
        .await;
    let sent = server.received_requests().await.unwrap();
    let expected = "format=json&from=-2min&target=sum%28a.*%2Cb%29&target=z+%2B&until=now";
    assert_eq!(sent[0].url.query(), Some(expected));
}

#[tokio::test]
async fn numbers_of_the_first_target_are_the_value() {
    for (points, text) in [
        ("[[10, 1]]", "[10.000000]"),
        ("[[\"1.5\", \"1\"], [null, 2], [0.25, null]]", "[1.500000,0.250000]"),
        ("[[null, 1]]", "[]"),
    ] {
        let body = format!(r#"[{{"target": "x", "datapoints": {points}}}, {{"datapoints": [[7, 1]]}}]"#);
        let server = answering(200, &body).await;
        assert_eq!(value(&ask("graphite", config(&server, "target=x")).await).text(), text);
    }
}

#[tokio::test]
async fn what_is_no_point_is_told_as_it_came() {
    let of = |points: &str| format!(r#"[{{"target": "x", "datapoints": {points}}}]"#);
    for (body, expected) in [
        (of("[[10]]"), "error unmarshaling data point: [10]"),
        (of("[[[], 1]]"), "error unmarshaling value: []"),
        (of("[[1, {}]]"), "error unmarshaling timestamp: {}"),
        (of("[[1, 1.5]]"), "error unmarshaling timestamp: 1.5"),
        (of("[[\"x\", 1]]"), "strconv.ParseFloat: parsing \"x\": invalid syntax"),
        (of("[[1, \"x\"]]"), "strconv.ParseInt: parsing \"x\": invalid syntax"),
        (of("[]"), "no values found"),
        ("[]".to_owned(), "no values found"),
        (String::new(), "unexpected end of JSON input"),
    ] {
        let server = answering(200, &body).await;
        assert_eq!(fault(&ask("graphite", config(&server, "target=x")).await), expected);
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_told() {
    for address in ["", "graphite", "ftp://h"] {
        let text = fault(&ask("graphite", json!({"address": address, "query": "target=x"})).await);
        assert_eq!(text, format!("Graphite address {address} is not a valid URL"));
    }
}
