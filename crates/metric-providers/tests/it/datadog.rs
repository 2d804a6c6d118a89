//! The contract with Datadog (spec analysis-04, Datadog).

use aviary_metric_providers::{Credentials, Reading, Value, wanted};
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask_with, fault, metric, value};

fn keys(address: &str) -> Credentials {
    let entries = [("api-key", "s3cr3t"), ("app-key", "4pp"), ("address", address)];
    entries.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect()
}

async fn answered(status: u16, body: &Json, config: Json) -> Reading {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(header("dd-api-key", "s3cr3t"))
        .and(header("dd-application-key", "4pp"))
        .and(header("content-type", "application/json"))
        .respond_with(answer)
        .mount(&server)
        .await;
    ask_with("datadog", config, keys(&server.uri())).await
}

fn v1() -> Json {
    json!({"apiVersion": "v1", "interval": "5m", "query": "avg:errors{*}"})
}

fn v2() -> Json {
    json!({"apiVersion": "v2", "interval": "5m", "query": "avg:errors{*}"})
}

#[tokio::test]
async fn version_1_asks_for_the_last_interval_and_takes_the_last_point() {
    let server = MockServer::start().await;
    let body = json!({"series": [{"pointlist": [[1_598_867_910_000_i64, 0.1], [1_598_867_925_000_i64, 0.003_033_2]]}]});
    Mock::given(method("GET"))
        .and(path("/api/v1/query"))
        .and(query_param("from", "1699999700"))
        .and(query_param("to", "1700000000"))
        .and(query_param("query", "avg:errors{*}"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let reading = ask_with("datadog", v1(), keys(&server.uri())).await;
    assert_eq!(value(&reading), Value::Number(0.003_033_2));
    assert_eq!(value(&reading).text(), "0.0030332");
}

#[tokio::test]
async fn version_1_has_no_value_without_points() {
    for (body, text) in [
        (json!({"series": []}), "[]"),
        (json!({}), "null"),
        (json!({"series": [{"pointlist": []}]}), r#"[{"pointlist":[]}]"#),
    ] {
        assert_eq!(value(&answered(200, &body, v1()).await), Value::Nothing(text.to_owned()), "{body}");
    }
    let null = json!({"series": [{"pointlist": [[1_598_867_910_000_i64, null]]}]});
    assert_eq!(value(&answered(200, &null, v1()).await), Value::Number(0.0));
    let short = json!({"series": [{"pointlist": [[1_598_867_910_000_i64]]}]});
    assert_eq!(fault(&answered(200, &short, v1()).await), "Datapoint does not have 2 values");
}

#[tokio::test]
async fn version_2_asks_all_queries_with_the_formula() {
    let server = MockServer::start().await;
    let query = |name: &str, query: &str| json!({"aggregator": "sum", "data_source": "metrics", "name": name, "query": query});
    let question = json!({"data": {"type": "scalar_request", "attributes": {
        "from": 1_699_999_700_000_i64, "to": 1_700_000_000_000_i64,
        "queries": [query("a", "sum:failed{*}"), query("b", "sum:all{*}")],
        "formulas": [{"formula": "a / b"}],
    }}});
    let answer = json!({"data": {"attributes": {"columns": [{"name": "a / b", "type": "number", "values": [0.0006]}]}}});
    Mock::given(method("POST"))
        .and(path("/base/api/v2/query/scalar"))
        .and(body_json(question))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    let config = json!({
        "apiVersion": "v2", "interval": "5m", "aggregator": "sum", "formula": "a / b",
        "queries": {"a": "sum:failed{*}", "b": "sum:all{*}"},
    });
    let reading = ask_with("datadog", config, keys(&format!("{}/base", server.uri()))).await;
    assert_eq!(value(&reading), Value::Number(0.0006));
}

#[tokio::test]
async fn version_2_reads_one_number_or_one_a_group() {
    let body = |columns: Json| json!({"data": {"attributes": {"columns": columns}}});
    let number = |values: Json| json!({"name": "query", "type": "number", "values": values});
    for columns in [json!([]), json!([number(json!([]))]), json!([number(json!([null]))])] {
        let reading = answered(200, &body(columns), v2()).await;
        assert_eq!(value(&reading), Value::Nothing("[]".to_owned()));
    }
    let untyped = body(json!([{"name": "query", "values": [0.5, 0.7]}]));
    assert_eq!(value(&answered(200, &untyped, v2()).await).text(), "0.5");

    let groups = json!({"name": "zone", "type": "group", "values": [["a"], ["b"], ["c"]]});
    let reading = answered(200, &body(json!([groups, number(json!([0.01, null, 0.087]))])), v2()).await;
    assert_eq!(value(&reading).text(), "[0.01,0.087]");
    assert_eq!(reading.metadata["groups"], r#"[{"name":"a","value":0.01},{"name":"c","value":0.087}]"#);

    let many: Vec<f64> = (0..101).map(f64::from).rev().collect();
    let names: Vec<Json> = (0..101).map(|n| json!([format!("n{n}")])).collect();
    let group = json!({"name": "zone", "type": "group", "values": names});
    let reading = answered(200, &body(json!([group, number(json!(many))])), v2()).await;
    assert!(matches!(value(&reading), Value::Numbers(numbers) if numbers.len() == 101));
    let told: Vec<Json> = serde_json::from_str(&reading.metadata["groups"]).unwrap();
    let told: Vec<f64> = told.iter().map(|group| group["value"].as_f64().unwrap()).collect();
    assert_eq!((told.len(), told[0], told[49], told[50], told[99]), (100, 0.0, 49.0, 51.0, 100.0));
    assert_eq!(reading.metadata["groups_truncated"], "true");
}

#[tokio::test]
async fn what_is_remembered_of_groups_is_no_longer_than_a_status_can_keep() {
    let number = json!({"name": "q", "type": "number", "values": [1, 2]});
    let group = json!({"name": "zone", "type": "group", "values": [["a".repeat(1 << 20)], ["b"]]});
    let body = json!({"data": {"attributes": {"columns": [group, number]}}});
    let reading = answered(200, &body, v2()).await;
    assert_eq!(reading.metadata["groups"].len(), (64 << 10) + "…".len());
    assert_eq!(value(&reading).text(), "[1,2]");
}

#[tokio::test]
async fn answers_without_a_value_are_errors() {
    let refused = json!({"errors": ["Forbidden"]});
    for (status, said) in [
        (401, "received authentication error response code: 401 Forbidden"),
        (403, "received authentication error response code: 403 Forbidden"),
        (302, "received non 2xx response code: 302 Forbidden"),
        (500, "received non 2xx response code: 500 Forbidden"),
    ] {
        assert_eq!(fault(&answered(status, &refused, v2()).await), said);
    }
    let errors = json!({"data": {"errors": "bad query"}});
    assert_eq!(fault(&answered(200, &errors, v2()).await), "There were errors in your query: bad query");
    let text =
        json!({"data": {"attributes": {"columns": [{"name": "q", "type": "number", "values": ["x"]}]}}});
    assert!(
        fault(&answered(200, &text, v2()).await)
            .starts_with(r#"could not parse numeric value "\"x\"" in column "q""#)
    );
    let label = json!({"data": {"attributes": {"columns": [
        {"name": "q", "type": "number", "values": [1]}, {"name": "zone", "type": "group", "values": [[]]},
    ]}}});
    assert_eq!(fault(&answered(200, &label, v2()).await), "could not parse group label at index 0");
    assert!(fault(&answered(200, &json!([]), v1()).await).starts_with("Could not parse JSON body: "));
}

#[tokio::test]
async fn keys_do_not_follow_a_redirect_and_are_not_told() {
    let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
    let answer = ResponseTemplate::new(307).insert_header("location", elsewhere.uri().as_str());
    Mock::given(method("POST")).respond_with(answer.set_body_string("go away, s3cr3t")).mount(&server).await;
    let reading = ask_with("datadog", v2(), keys(&server.uri())).await;
    assert!(fault(&reading).starts_with("received non 2xx response code: 307 with a body of 15 bytes"));
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
    assert!(!format!("{:?}", keys("x")).contains("s3cr3t"));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_the_reason() {
    let review = "Please review the Analysis Template.";
    for (config, said) in [
        (json!({"apiVersion": "v1"}), format!("Must have either a query or queries. {review}")),
        (
            json!({"apiVersion": "v2", "query": "q", "queries": {"a": "q"}}),
            format!("Cannot have both a query and queries. {review}"),
        ),
        (
            json!({"apiVersion": "v1", "queries": {"a": "q"}}),
            "Query is empty. API Version v1 only supports using the query parameter in your Analysis Template.".to_owned(),
        ),
        (
            json!({"apiVersion": "v2", "query": "q", "formula": "a"}),
            format!("Formula are only valid when queries are set. {review}"),
        ),
        (
            json!({"apiVersion": "v2", "queries": {"a": "q", "b": "q"}}),
            "When multiple queries are provided you must include a formula.".to_owned(),
        ),
        (
            json!({"apiVersion": "v1", "query": "q", "aggregator": "avg"}),
            format!("Aggregator is not supported in v1. {review}"),
        ),
        (
            json!({"apiVersion": "v1", "query": "q", "requestTimeout": "0s"}),
            format!("Request timeout must be a positive duration (e.g. 30s). {review}"),
        ),
        (
            json!({"query": "q", "secretRef": {"namespaced": true}}),
            "secret name is required for namespaced credentials".to_owned(),
        ),
    ] {
        assert_eq!(fault(&ask_with("datadog", config, keys("https://example.com")).await), said);
    }
    let none = ask_with("datadog", v1(), Credentials::default()).await;
    assert_eq!(fault(&none), "failed to find the credentials for datadog metrics provider");
}

#[test]
fn credentials_are_wanted_from_where_the_metric_says() {
    let of = |config: Json| wanted(&metric("datadog", config)).unwrap();
    let named = of(json!({"query": "q", "secretRef": {"name": "mine", "namespaced": true}}));
    assert_eq!((named.variables, named.secret.as_str(), named.namespaced), (&[][..], "mine", true));
    let default = of(json!({"query": "q"}));
    let variables = ["DD_API_KEY", "DD_APP_KEY", "DD_ADDRESS"];
    assert_eq!(
        (default.variables, default.secret.as_str(), default.namespaced),
        (&variables[..], "datadog", false)
    );
    assert_eq!(wanted(&metric("prometheus", json!({}))), None);
}
