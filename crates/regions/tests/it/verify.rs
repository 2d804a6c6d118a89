//! `aviary verify` against servers on loopback.

use aviary_regions::{File, Outcome};
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn region(version: &str) -> MockServer {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200)
        .insert_header("x-version", version)
        .set_body_json(json!({"status": "ok", "shards": [{"ready": true}]}));
    let pinned = Mock::given(method("GET")).and(path("/healthz")).and(header("x-canary", "always"));
    pinned.respond_with(answer).mount(&server).await;
    server
}

fn file(east: &str, west: &str) -> File {
    File::parse(&format!(
        "
regions: {{east: {east}, west: {west}}}
checks:
- name: health
  path: /healthz
  headers: {{x-canary: always}}
  version: {{equals: v2}}
  json: [{{path: $.status, equals: ok}}, {{path: '$.shards[0].ready', equals: true}}]
  attempts: 2
  retryDelay: 1ms
"
    ))
    .unwrap()
}

#[tokio::test]
async fn all_regions_must_serve_the_version_that_is_released() {
    let (east, west) = (region("v2").await, region("v1").await);
    let verdict = file(&east.uri(), &west.uri()).run().await.unwrap();
    assert_eq!(verdict.outcome, Outcome::Failed);
    assert_eq!(verdict.regions["east"].outcome, Outcome::Passed);
    assert_eq!(verdict.regions["west"].reason.as_deref(), Some(r#"health: version "v1" instead of "v2""#));
    assert_eq!(verdict.regions["west"].report.as_ref().unwrap().checks[0].attempts, 2);
}

#[tokio::test]
async fn a_region_that_is_down_fails_the_verdict_and_says_why() {
    let east = region("v2").await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let verdict = file(&east.uri(), &format!("http://{closed}")).run().await.unwrap();
    assert_eq!(verdict.outcome, Outcome::Failed);
    let text = verdict.to_string();
    assert!(text.contains("Connection refused"), "{text}");
    assert!(
        text.ends_with(
            "failed: 1 of 2 regions pass, 2 wanted; west: health: Connection refused (os error 111)"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn the_json_form_carries_every_figure() {
    let (east, west) = (region("v2").await, region("v2").await);
    let verdict = file(&east.uri(), &west.uri()).run().await.unwrap();
    let document = serde_json::to_value(&verdict).unwrap();
    assert_eq!(document["outcome"], "passed");
    let check = &document["regions"]["west"]["report"]["checks"][0];
    assert_eq!(
        (&check["status"], &check["version"], &check["failure"]),
        (&json!(200), &json!("v2"), &json!(null))
    );
    assert!(check["latencyMs"].as_f64().is_some_and(|latency| latency > 0.0));
}

/// What a check of a region says whose answers come in this order; the last one goes on.
async fn latency_of(answers: &[(u16, u64)], check: &str) -> (Option<String>, usize) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = MockServer::start().await;
    for (index, (status, millis)) in answers.iter().enumerate() {
        let answer = ResponseTemplate::new(*status).set_delay(std::time::Duration::from_millis(*millis));
        let mock = Mock::given(method("GET")).respond_with(answer);
        let once = if index + 1 < answers.len() { mock.up_to_n_times(1) } else { mock };
        once.with_priority(u8::try_from(index + 1).unwrap()).mount(&server).await;
    }
    let text =
        format!("{{regions: {{east: {}}}, checks: [{{name: quick, attempts: 1, {check}}}]}}", server.uri());
    let verdict = File::parse(&text).unwrap().run().await.unwrap();
    (verdict.regions["east"].reason.clone(), server.received_requests().await.unwrap().len())
}

#[tokio::test]
async fn a_latency_is_judged_over_several_probes_each_of_which_must_hold() {
    let all = "latency: {probes: 5, quantile: 0.8, max: 1m}";
    assert_eq!(latency_of(&[(200, 0)], all).await, (None, 5));
    // Three of four are slow: less than half of them are quick.
    let half = "latency: {probes: 4, quantile: 0.5, max: 20ms}";
    let (reason, probes) = latency_of(&[(200, 0), (200, 40)], half).await;
    let reason = reason.unwrap();
    assert!(reason.starts_with("quick: 50 % of 4 probes took up to "), "{reason}");
    assert!(reason.ends_with(" ms, more than 20 ms"), "{reason}");
    assert_eq!(probes, 4);
    let broken = latency_of(&[(200, 0), (200, 0), (500, 0)], all).await;
    assert_eq!(broken, (Some("quick: status 500 instead of 200".to_owned()), 3));
}

#[test]
fn a_latency_without_a_limit_is_refused() {
    let text = "{regions: {east: http://e}, checks: [{name: h, latency: {probes: 5}}]}";
    let error = File::parse(text).unwrap_err().to_string();
    assert!(error.contains("missing field `max`"), "{error}");
}

#[tokio::test]
async fn the_name_must_resolve_to_what_is_expected() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = wiremock::MockServer::start().await;
    let answer = wiremock::ResponseTemplate::new(200);
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let address = format!("http://localhost:{}", server.address().port());
    let said = async |address: &str, dns: &str| {
        let text =
            format!("{{regions: {{east: {address}}}, checks: [{{name: h, attempts: 1, dns: {dns}}}]}}");
        let verdict = aviary_regions::File::parse(&text).unwrap().run().await.unwrap();
        verdict.regions["east"].reason.clone()
    };
    assert_eq!(said(&address, "{oneOf: [127.0.0.1, '::1']}").await, None);
    let foreign = said(&address, "{oneOf: [203.0.113.7]}").await.unwrap();
    assert!(
        foreign.starts_with("h: the name resolves to ") && foreign.ends_with("not expected"),
        "{foreign}"
    );
    let few = said(&server.uri(), "{minAddresses: 2}").await;
    assert_eq!(few.as_deref(), Some("h: the name has 1 addresses (127.0.0.1), fewer than 2"));
}
