//! The contract with Kayenta (spec analysis-04, Kayenta).

use aviary_metric_providers::{Ctx, Reading, read, resume, terminate};
use crd::AnalysisRun;
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_json, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{ctx, fault, metric, texts};

/// A configuration with one scope, whose control and experiment have these times.
fn config(address: &str, times: &Json) -> Json {
    let scope = |name: &str| {
        let mut scope = json!({"scope": name, "region": "us", "step": 60});
        scope.as_object_mut().unwrap().extend(times[name].as_object().unwrap().clone());
        scope
    };
    json!({
        "address": address, "application": "guestbook", "canaryConfigName": "test", "metricsAccountName": "m",
        "configurationAccountName": "c", "storageAccountName": "s", "threshold": {"pass": 90, "marginal": 75},
        "scopes": [{"name": "default", "controlScope": scope("stable"), "experimentScope": scope("canary")}],
    })
}

async fn configured() -> MockServer {
    let server = MockServer::start().await;
    let configs = json!([{"id": "other", "name": "x"}, {"id": "the-id", "name": "test"}]);
    Mock::given(method("GET"))
        .and(path("/canaryConfig"))
        .and(query_param("application", "guestbook"))
        .and(query_param("configurationAccountName", "s"))
        .respond_with(ResponseTemplate::new(200).set_body_json(configs))
        .mount(&server)
        .await;
    server
}

/// Begins a judgement that is answered with this.
pub(crate) async fn begun(status: u16, answer: Json) -> Reading {
    let server = configured().await;
    Mock::given(path("/canary/the-id"))
        .respond_with(ResponseTemplate::new(status).set_body_json(answer))
        .mount(&server)
        .await;
    let times = json!({"stable": {"start": "a", "end": "b"}, "canary": {"start": "c", "end": "d"}});
    read(&ctx(), &metric("kayenta", config(&server.uri(), &times))).await
}

/// Looks after a judgement that is answered with this.
pub(crate) async fn looked(status: u16, answer: Json) -> Reading {
    let server = MockServer::start().await;
    Mock::given(path("/canary/01ABC"))
        .respond_with(ResponseTemplate::new(status).set_body_json(answer))
        .mount(&server)
        .await;
    let times = json!({"stable": {}, "canary": {}});
    let metric = metric("kayenta", config(&server.uri(), &times));
    resume(&ctx(), &metric, &texts(&[("canaryExecutionId", "01ABC")])).await
}

#[tokio::test]
async fn a_judgement_is_begun_with_accounts_scopes_and_thresholds_and_looked_after_later() {
    let server = configured().await;
    let scope = |name: &str, start: &str, end: &str| json!({"scope": name, "location": "us", "step": 60, "start": start, "end": end});
    let scopes = json!({"default": {
        "controlScope": scope("stable", "2023-11-14T22:08:20Z", "2023-11-14T22:13:20Z"),
        "experimentScope": scope("canary", "2023-11-14T22:08:20Z", "2023-11-14T22:13:20Z"),
    }});
    Mock::given(method("POST"))
        .and(path("/canary/the-id"))
        .and(query_param("application", "guestbook"))
        .and(query_param("metricsAccountName", "m"))
        .and(query_param("configurationAccountName", "c"))
        .and(query_param("storageAccountName", "s"))
        .and(body_json(json!({"scopes": scopes, "thresholds": {"pass": 90, "marginal": 75}})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"canaryExecutionId": "01ABC"})))
        .mount(&server)
        .await;
    let config = config(&server.uri(), &json!({"stable": {}, "canary": {}}));
    let every = crd::Metric { interval: "5m".to_owned(), ..metric("kayenta", config.clone()) };
    let reading = read(&ctx(), &every).await;
    assert_eq!((&reading.outcome, reading.metadata["canaryExecutionId"].as_str()), (&Ok(None), "01ABC"));
    assert_eq!(reading.resume_at, Some("2023-11-14T22:13:35.5Z".parse().unwrap()));

    // With `lookback` it begins with the run.
    let mut looking = config;
    looking["lookback"] = json!(true);
    let run = json!({"status": {"startedAt": "2023-11-14T22:08:20Z", "phase": "Running"}});
    let run: AnalysisRun = serde_json::from_value(run).unwrap();
    let reading = read(&Ctx { run: Some(&run), ..ctx() }, &metric("kayenta", looking)).await;
    assert_eq!(reading.outcome, Ok(None));
}

#[tokio::test]
async fn a_beginning_that_fails_says_at_what() {
    let server = MockServer::start().await;
    Mock::given(path("/canaryConfig")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let none = json!({"stable": {}, "canary": {}});
    let reading = read(&ctx(), &metric("kayenta", config(&server.uri(), &none))).await;
    assert_eq!(fault(&reading), "Invalid Response: HTTP 500");

    let server = configured().await;
    let mut other = config(&server.uri(), &none);
    other["canaryConfigName"] = json!("absent");
    assert_eq!(fault(&read(&ctx(), &metric("kayenta", other)).await), "Canary config not found");

    for (times, expected) in [
        (
            json!({"stable": {"start": "a"}, "canary": {}}),
            "controlScope.start and experimentScope.start must both be set or be empty",
        ),
        (
            json!({"stable": {}, "canary": {"end": "a"}}),
            "controlScope.end and experimentScope.end must both be set or be empty",
        ),
        (none, "Invalid duration \"\": time: invalid duration \"\""),
    ] {
        let reading = read(&ctx(), &metric("kayenta", config(&server.uri(), &times))).await;
        assert_eq!(fault(&reading), expected);
    }
    assert_eq!(begun(200, json!({})).await.metadata["canaryExecutionId"], "<nil>");
}

#[tokio::test]
async fn what_fails_later_keeps_what_was_remembered() {
    let reading = looked(500, json!({})).await;
    assert_eq!(reading.metadata["canaryExecutionId"], "01ABC");
}

/// A deviation: the peer leaves it Running for ever, in a run that is over. Kayenta has no way to end a judgement.
#[tokio::test]
async fn a_judgement_that_is_ended_early_is_over_and_nothing_is_asked() {
    let server = MockServer::start().await;
    let config = config(&server.uri(), &json!({"stable": {}, "canary": {}}));
    let remembered = texts(&[("canaryExecutionId", "01ABC")]);
    let reading = terminate(&ctx(), &metric("kayenta", config), &remembered).await;
    assert_eq!((reading.outcome, reading.resume_at), (Ok(None), None));
    assert_eq!(reading.metadata, remembered);
    assert!(server.received_requests().await.unwrap().is_empty());
}
