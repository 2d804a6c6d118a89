//! Servers that mean no good, and metrics that nobody serves.

use std::sync::Arc;
use std::time::Duration;

use aviary_metric_providers::{Clients, Ctx, MAX_BODY, PROVIDERS, Reading, Value, read};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask, fault, texts, value};

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
    let read = value(&ask("web", json!({"url": server.uri()})).await);
    // All of it can be judged, and no more of it is kept than a status has room for.
    assert_eq!(read, Value::Text(deep.clone()));
    assert_eq!(read.text(), format!("{}…", &deep[..64 << 10]));
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
    let reading = ask("oracle", json!({"query": "x"})).await;
    let expected = "no valid provider in metric 'success-rate' (metric \"success-rate\", provider oracle; \
                    name one of the supported providers: prometheus, job, kayenta, web, datadog, wavefront, newRelic, \
                    cloudWatch, graphite, influxdb, skywalking, plugin)";
    assert_eq!(reading.outcome, Err(expected.to_owned()));
}

#[test]
fn each_member_of_provider_selects_exactly_one_row() {
    for row in PROVIDERS {
        let metric = crate::metric(row.name(), json!({}));
        let rows: Vec<_> = PROVIDERS.iter().filter(|row| row.selected(&metric.provider)).collect();
        assert_eq!(rows.iter().map(|row| row.name()).collect::<Vec<_>>(), [row.name()]);
    }
}

/// A question to a server for each provider that asks one over HTTP, and what it must be shown.
pub(crate) fn questions(address: &str) -> Vec<(&'static str, Json)> {
    vec![
        ("prometheus", json!({"address": address, "query": "q", "timeout": 60})),
        ("kayenta", json!({"address": address, "threshold": {}, "scopes": []})),
        ("web", json!({"url": address, "timeoutSeconds": 60})),
        ("datadog", json!({"query": "q", "requestTimeout": "60s"})),
        ("wavefront", json!({"address": address, "query": "q"})),
        ("newRelic", json!({"query": "q"})),
        ("cloudWatch", json!({"metricDataQueries": []})),
        ("graphite", json!({"address": address, "query": "target=q"})),
        ("influxdb", json!({"query": "q"})),
        ("skywalking", json!({"address": address, "query": "q", "interval": "1m"})),
    ]
}

/// Asks with clients that are kept, as the controller keeps them: reading the roots of trust takes its time.
async fn asked(clients: &Clients, provider: &str, config: Json, address: &str) -> Reading {
    asked_with(Ctx { clients: clients.clone(), ..crate::ctx() }, provider, config, address).await
}

/// Asks with all that must be shown.
pub(crate) async fn asked_with(ctx: Ctx<'_>, provider: &str, config: Json, address: &str) -> Reading {
    let credentials = texts(&[
        ("api-key", "k3y"),
        ("app-key", "k3y"),
        ("address", address),
        (address, "k3y"),
        ("personal-api-key", "k3y"),
        ("account-id", "1"),
        ("base-url-nerdgraph", address),
        ("authToken", "k3y"),
        ("org", "o"),
    ]);
    let environment = crate::variables(&[
        ("AWS_ENDPOINT_URL", address),
        ("AWS_REGION", "r"),
        ("AWS_ACCESS_KEY_ID", "k3y"),
        ("AWS_SECRET_ACCESS_KEY", "k3y-of-aws"),
    ]);
    read(&Ctx { credentials, environment: &environment, ..ctx }, &crate::metric(provider, config)).await
}

#[tokio::test]
async fn no_provider_is_brought_down_by_garbage_and_each_says_that_it_is_none() {
    let clients = Clients::default();
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "\"text\"",
        "NaN",
        "[[[[[[[[",
        "{\"data\": 1, \"status\": []}",
        "{\"MetricDataResults\": [{\"Values\": [\"NaN\"]}]}",
        "[{\"datapoints\": [[NaN, 1]]}]",
        "#datatype,long\n,_value\n,NaN\n",
        "\u{0}\u{1}\u{fffd}",
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_string(body)).await;
        for (provider, config) in questions(&server.uri()) {
            let reading = asked(&clients, provider, config, &server.uri()).await;
            // A web body and what SkyWalking calls data may be anything; Datadog and CloudWatch may have no data.
            let takes_it = ["web", "skywalking", "datadog", "cloudWatch"].contains(&provider);
            assert!(reading.outcome.is_err() || takes_it, "{provider}, {body:?}: {:?}", reading.outcome);
        }
    }
}

/// What only a service that is not meant to be read would say.
const FOREIGN: &str = "internal-only";

#[tokio::test]
async fn no_provider_tells_a_body_that_is_no_answer() {
    let clients = Clients::default();
    let wrong = json!({"data": {"result": FOREIGN, "attributes": FOREIGN}, "series": FOREIGN, "timeseries": FOREIGN,
        "MetricDataResults": FOREIGN, "complete": FOREIGN, "other": FOREIGN, "access_token": [FOREIGN]});
    for (status, body) in [200, 302, 400, 401, 403, 404, 422, 429, 500, 503]
        .iter()
        .flat_map(|status| [(*status, wrong.to_string()), (*status, format!("<p>{FOREIGN}</p>"))])
    {
        for kind in ["application/json", "text/html"] {
            let server = answering(ResponseTemplate::new(status).set_body_raw(body.as_str(), kind)).await;
            for (provider, config) in questions(&server.uri()) {
                let takes_it = ["web", "skywalking"].contains(&provider);
                match asked(&clients, provider, config, &server.uri()).await.outcome {
                    Err(text) => assert!(!text.contains(FOREIGN), "{provider}, {status}: {text}"),
                    Ok(value) => {
                        assert!(
                            takes_it || value.is_none_or(|value| !value.text().contains(FOREIGN)),
                            "{provider}"
                        );
                    }
                }
            }
        }
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_body_that_is_not_told_is_in_the_debug_log_without_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false);
    let _guard = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
    let server = answering(ResponseTemplate::new(500).set_body_string("the cause\n and s3cr3t")).await;
    let text = fault(&ask("graphite", json!({"address": server.uri(), "query": "target=x"})).await);
    let expected = "error response: 500 Internal Server Error with a body of 21 bytes, which is in the controller's \
                    debug log";
    assert_eq!(text, expected);
    let log = String::from_utf8(log.0.lock().clone()).unwrap();
    let line = log.lines().find(|line| line.contains("an answer that is no value")).unwrap();
    assert!(line.contains(r#"status=500 length=21 body="the cause\n and ***""#), "{line}");
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_is_too_long_for_every_provider() {
    let clients = Clients::default();
    let server = answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 10 << 20])).await;
    for (provider, config) in questions(&server.uri()) {
        let text = fault(&asked(&clients, provider, config, &server.uri()).await);
        assert_eq!(text, format!("the answer is longer than {MAX_BODY} bytes"), "{provider}");
    }
}

#[tokio::test]
async fn no_provider_shows_its_credentials_to_another_host() {
    let clients = Clients::default();
    let (elsewhere, server) = (MockServer::start().await, MockServer::start().await);
    Mock::given(wiremock::matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&elsewhere).await;
    // Another port is another place; the address tells them apart by their host as well.
    let to = format!("http://localhost:{}/stolen", elsewhere.address().port());
    for status in [302, 307, 308] {
        server.reset().await;
        let answer = ResponseTemplate::new(status).insert_header("location", to.as_str());
        Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
        for (provider, mut config) in questions(&server.uri()) {
            config["headers"] =
                json!([{"key": "X-Api-Key", "value": "k3y"}, {"key": "Cookie", "value": "k3y"}]);
            config["authentication"] = json!({"basicAuth": {"username": "u", "password": "k3y"}});
            asked(&clients, provider, config, &server.uri()).await;
        }
        let post = json!({"url": server.uri(), "method": "POST", "body": "token=k3y"});
        asked(&clients, "web", post, &server.uri()).await;
    }
    let stolen = elsewhere.received_requests().await.unwrap();
    assert!(!stolen.is_empty(), "redirects are followed");
    for request in stolen {
        let headers = format!("{:?}", request.headers);
        let body = String::from_utf8_lossy(&request.body).into_owned();
        assert!(!headers.contains("k3y") && !headers.contains("authorization"), "{headers}");
        assert!(!body.contains("k3y"), "{body}");
    }
}

#[tokio::test]
async fn a_redirect_within_a_host_takes_everything_along() {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(308).insert_header("location", "/new");
    Mock::given(path("/old")).respond_with(moved).mount(&server).await;
    Mock::given(path("/new"))
        .and(wiremock::matchers::method("POST"))
        .and(wiremock::matchers::header("x-api-key", "k3y"))
        .and(wiremock::matchers::body_string("asked"))
        .respond_with(ResponseTemplate::new(200).set_body_string("1"))
        .mount(&server)
        .await;
    let config = json!({"url": format!("{}/old", server.uri()), "method": "POST", "body": "asked",
        "headers": [{"key": "X-Api-Key", "value": "k3y"}]});
    assert_eq!(value(&ask("web", config).await).text(), "1");
}

#[tokio::test]
async fn a_redirect_to_another_scheme_is_refused() {
    let server = answering(ResponseTemplate::new(302).insert_header("location", "file:///etc/passwd")).await;
    let text = fault(&ask("web", json!({"url": server.uri()})).await);
    assert_eq!(text, "a redirect to another scheme is refused");
}
