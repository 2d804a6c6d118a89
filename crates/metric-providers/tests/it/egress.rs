//! Where an address of a metric's may lead: the guard as every provider meets it.

use aviary_metric_providers::{Ctx, Egress, PROVIDERS, Reading, read};
use serde_json::{Value as Json, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ctx, fault, metric, texts, value};

async fn guarded(egress: Egress, provider: &str, config: Json) -> Reading {
    let nerdgraph = "http://169.254.169.254/graphql";
    let credentials = texts(&[
        ("api-key", "k"),
        ("app-key", "k"),
        ("address", "http://169.254.169.254"),
        ("169.254.169.254", "t"),
        ("personal-api-key", "k"),
        ("account-id", "1"),
        ("base-url-nerdgraph", nerdgraph),
        ("authToken", "t"),
        ("org", "o"),
    ]);
    read(&Ctx { egress, credentials, ..ctx() }, &metric(provider, config)).await
}

/// A web server that answers 1, and its address by a name that resolves to the loopback.
async fn local() -> (MockServer, String) {
    let server = MockServer::start().await;
    Mock::given(path("/")).respond_with(ResponseTemplate::new(200).set_body_string("1")).mount(&server).await;
    let named = format!("http://localhost:{}/", server.address().port());
    (server, named)
}

#[tokio::test]
async fn no_provider_goes_to_the_metadata_service_for_a_metric() {
    let metadata = "http://169.254.169.254";
    for (provider, config) in [
        ("prometheus", json!({"address": metadata, "query": "q"})),
        ("kayenta", json!({"address": metadata})),
        ("web", json!({"url": "http://0xa9fea9fe/latest/meta-data/"})),
        ("datadog", json!({"query": "q"})),
        ("wavefront", json!({"address": "169.254.169.254", "query": "q"})),
        ("newRelic", json!({"query": "q"})),
        ("graphite", json!({"address": metadata, "query": "target=x"})),
        ("influxdb", json!({"query": "q"})),
        ("skywalking", json!({"address": metadata, "query": "q", "interval": "5m"})),
    ] {
        let reading = guarded(Egress::guarded(), provider, config).await;
        let text = reading.outcome.unwrap_err();
        let expected = "egress to 169.254.169.254 is refused by the rule 169.254.169.254 (cluster metadata); \
                        --metric-egress-allow allows it";
        assert!(text.starts_with(expected), "{provider}: {text}");
        assert!(text.contains("or have --metric-egress-allow allow this one"), "{provider}: {text}");
    }
    // CloudWatch's address is its region's, and Jobs and plugins are asked at none.
    assert_eq!(PROVIDERS.len(), 9 + 3);
}

#[tokio::test]
async fn a_token_is_not_fetched_from_where_the_guard_refuses() {
    let oauth2 = json!({"tokenUrl": "http://[fd00:ec2::254]/", "clientId": "c", "clientSecret": "s"});
    let config = json!({"url": "http://10.255.255.1/", "authentication": {"oauth2": oauth2}});
    let text = fault(&guarded(Egress::guarded(), "web", config).await);
    assert!(text.contains("fd00:ec2::254 (cluster metadata)"), "{text}");
}

/// The operator chose the Prometheus, and the metric's author the token's URL.
#[tokio::test]
async fn a_token_for_the_operators_own_prometheus_is_not_fetched_from_where_the_guard_refuses() {
    let (prometheus, tokens) = (MockServer::start().await, MockServer::start().await);
    let address = prometheus.uri();
    let oauth2 = json!({"tokenUrl": tokens.uri(), "clientId": "c", "clientSecret": "s"});
    let source = json!({"query": "q", "authentication": {"oauth2": oauth2}});
    let arm = json!({"bad": "b", "total": "t"});
    let compared = json!({"name": "errors", "kind": "proportion", "canary": arm, "stable": arm});
    let mut system = source.clone();
    system.as_object_mut().unwrap().remove("query");
    let compare = json!({"aviary/compare": {"source": {"prometheus": system}, "metrics": [compared]}});
    for (provider, config) in [("prometheus", source), ("plugin", compare)] {
        let ctx = Ctx { egress: Egress::guarded(), prometheus_address: Some(&address), ..ctx() };
        let text = fault(&read(&ctx, &metric(provider, config)).await);
        assert!(
            text.starts_with("egress to 127.0.0.1 is refused by the rule 127.0.0.0/8"),
            "{provider}: {text}"
        );
        for server in [&tokens, &prometheus] {
            assert!(server.received_requests().await.unwrap().is_empty(), "{provider}");
        }
    }
}

#[tokio::test]
async fn localhost_is_refused_by_its_name_and_allowed_by_name_or_network() {
    let (_server, named) = local().await;
    let refused = guarded(Egress::guarded(), "web", json!({"url": named})).await;
    let text = fault(&refused);
    assert!(text.starts_with("egress to localhost is refused by the rule 127.0.0.0/8 (loopback)"), "{text}");
    let by_name = Egress::guarded().allow("localhost").unwrap();
    let by_network = Egress::guarded().allow("127.0.0.0/8").unwrap().allow("::1").unwrap();
    for egress in [by_name, by_network, Egress::open()] {
        assert_eq!(value(&guarded(egress, "web", json!({"url": named})).await).text(), "1");
    }
}

#[tokio::test]
async fn every_hop_of_a_redirect_is_checked() {
    let server = MockServer::start().await;
    for (at, to) in [
        ("/literal", "http://169.254.169.254/latest/meta-data/".to_owned()),
        ("/odd", "http://0251.0376.0251.0376/".to_owned()),
        ("/name", "http://metadata.google.internal/".to_owned()),
        ("/second", "/literal".to_owned()),
        ("/resolved", format!("http://localhost:{}/", server.address().port())),
    ] {
        let answer = ResponseTemplate::new(302).insert_header("location", to);
        Mock::given(path(at)).respond_with(answer).mount(&server).await;
    }
    let egress = Egress::guarded().allow("127.0.0.1").unwrap().deny("localhost").unwrap();
    for (at, rule) in [
        ("/literal", "169.254.169.254 (cluster metadata)"),
        ("/odd", "169.254.169.254 (cluster metadata)"),
        ("/name", "metadata.google.internal (cluster metadata)"),
        ("/second", "169.254.169.254 (cluster metadata)"),
        ("/resolved", "localhost"),
    ] {
        let text =
            fault(&guarded(egress.clone(), "web", json!({"url": format!("{}{at}", server.uri())})).await);
        assert!(text.contains(&format!("is refused by the rule {rule};")), "{at}: {text}");
    }
}

#[tokio::test]
async fn the_operators_own_prometheus_is_not_guarded() {
    let server = MockServer::start().await;
    let scalar = json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}});
    Mock::given(path("/api/v1/query"))
        .respond_with(ResponseTemplate::new(200).set_body_json(scalar))
        .mount(&server)
        .await;
    let address = server.uri();
    let ctx = Ctx { egress: Egress::guarded(), prometheus_address: Some(&address), ..ctx() };
    assert_eq!(value(&read(&ctx, &metric("prometheus", json!({"query": "q"}))).await).text(), "1");
    let named = read(&ctx, &metric("prometheus", json!({"address": address, "query": "q"}))).await;
    assert!(fault(&named).contains("127.0.0.0/8 (loopback)"));
}
