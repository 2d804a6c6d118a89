//! OAuth2 by client credentials, for Prometheus and Web (spec analysis-04, beginning).

use serde_json::{Value as Json, json};
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ask, fault, value};

/// `client` and `s3cr3t/+`, each encoded, as basic authentication.
const BASIC: &str = "Basic Y2xpZW50OnMzY3IzdCUyRiUyQg==";

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/token"))
        .and(header("authorization", BASIC))
        .and(body_string("grant_type=client_credentials&scope=a+b"))
        .respond_with(answer)
        .mount(&server)
        .await;
    let scalar = json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}});
    Mock::given(header("authorization", "Bearer t0ken-1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(scalar))
        .mount(&server)
        .await;
    server
}

fn oauth2(server: &MockServer) -> Json {
    let token_url = format!("{}/token", server.uri());
    json!({"tokenUrl": token_url, "clientId": "client", "clientSecret": "s3cr3t/+", "scopes": ["a", "b"]})
}

fn granted() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"access_token": "t0ken-1", "token_type": "bearer"}))
}

#[tokio::test]
async fn both_providers_fetch_a_token_and_show_it() {
    let server = server(granted()).await;
    let config = json!({"url": server.uri(), "jsonPath": "{$.status}", "authentication": {"oauth2": oauth2(&server)},
        "headers": [{"key": "Authorization", "value": "overwritten"}]});
    assert_eq!(value(&ask("web", config).await).text(), "\"success\"");
    let config =
        json!({"address": server.uri(), "query": "q", "authentication": {"oauth2": oauth2(&server)}});
    assert_eq!(value(&ask("prometheus", config).await).text(), "1");
    let tokens = server.received_requests().await.unwrap();
    assert_eq!(tokens.iter().filter(|request| request.url.path() == "/token").count(), 2, "none is kept");
}

#[tokio::test]
async fn a_server_that_wants_the_client_in_the_form_gets_it_there() {
    let server = server(ResponseTemplate::new(401)).await;
    Mock::given(method("POST"))
        .and(path("/token"))
        .and(body_string(
            "grant_type=client_credentials&scope=a+b&client_id=client&client_secret=s3cr3t%2F%2B",
        ))
        .respond_with(granted())
        .mount(&server)
        .await;
    let config =
        json!({"address": server.uri(), "query": "q", "authentication": {"oauth2": oauth2(&server)}});
    assert_eq!(value(&ask("prometheus", config).await).text(), "1");
}

#[tokio::test]
async fn what_the_user_wrote_overwrites_the_token_of_prometheus() {
    let server = MockServer::start().await;
    Mock::given(path("/token")).respond_with(granted()).mount(&server).await;
    let scalar = json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}});
    Mock::given(path("/api/v1/query"))
        .and(header("authorization", "mine"))
        .respond_with(ResponseTemplate::new(200).set_body_json(scalar))
        .mount(&server)
        .await;
    let config = json!({"address": server.uri(), "query": "q", "authentication": {"oauth2": oauth2(&server)},
        "headers": [{"key": "Authorization", "value": "mine"}]});
    assert_eq!(value(&ask("prometheus", config).await).text(), "2");
}

#[tokio::test]
async fn a_token_that_cannot_be_had_is_told_without_the_secret() {
    for (answer, expected) in [
        (
            ResponseTemplate::new(401).set_body_string("no s3cr3t/+ here"),
            "oauth2: cannot fetch token: 401 Unauthorized: with a body of 16 bytes",
        ),
        (
            ResponseTemplate::new(400).set_body_json(
                json!({"error": "invalid_client", "error_description": "no s3cr3t/+ here", "other": "kept"}),
            ),
            "oauth2: cannot fetch token: 400 Bad Request: invalid_client: no *** here",
        ),
        (
            ResponseTemplate::new(200).set_body_string(r#"{"access_token": ["kept"]}"#),
            "oauth2: cannot parse json: its JSON is not of the form that is expected, at line 1 column ",
        ),
        (ResponseTemplate::new(200).set_body_string("{}"), "oauth2: server response missing access_token"),
        (ResponseTemplate::new(200).set_body_string("x"), "oauth2: cannot parse json: "),
    ] {
        let server = MockServer::start().await;
        Mock::given(path("/token")).respond_with(answer).mount(&server).await;
        let config = json!({"url": server.uri(), "authentication": {"oauth2": oauth2(&server)}});
        let text = fault(&ask("web", config).await);
        assert!(text.starts_with(expected) && !text.contains("kept"), "{text}");
    }
    for missing in ["clientId", "clientSecret"] {
        let mut oauth2 = json!({"tokenUrl": "http://h", "clientId": "a", "clientSecret": "b"});
        oauth2.as_object_mut().unwrap().remove(missing);
        let config = json!({"address": "http://h", "query": "q", "authentication": {"oauth2": oauth2}});
        let text = fault(&ask("prometheus", config).await);
        assert_eq!(text, "missing mandatory parameter in metric for OAuth2 setup");
    }
}

#[tokio::test]
async fn a_token_that_is_echoed_does_not_come_out_in_an_error() {
    let server = MockServer::start().await;
    Mock::given(path("/token")).respond_with(granted()).mount(&server).await;
    let refused = json!({"status": "error", "errorType": "bad_data", "error": "you showed t0ken-1"});
    Mock::given(path("/api/v1/query"))
        .respond_with(ResponseTemplate::new(400).set_body_json(refused))
        .mount(&server)
        .await;
    let config =
        json!({"address": server.uri(), "query": "q", "authentication": {"oauth2": oauth2(&server)}});
    assert_eq!(fault(&ask("prometheus", config).await), "bad_data: you showed ***");
}
