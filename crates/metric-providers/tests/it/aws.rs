//! Where keys of AWS come from, and the signature that Prometheus is shown (spec analysis-04, Prometheus).

use aviary_metric_providers::{Ctx, Egress, Reading, read};
use serde_json::{Value as Json, json};
use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::signature::Received;
use crate::{ctx, fault, metric, value, variables};

const KEYS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIDENV"),
    ("AWS_SECRET_ACCESS_KEY", "secret-of-env"),
    ("AWS_REGION", "eu-west-1"),
];

/// A Prometheus of Amazon's: it answers, and what it was shown can be looked at.
async fn amp() -> MockServer {
    let server = MockServer::start().await;
    let scalar = json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}});
    Mock::given(path("/aps-workspaces/w/api/v1/query"))
        .respond_with(ResponseTemplate::new(200).set_body_json(scalar))
        .mount(&server)
        .await;
    server
}

async fn asked(server: &MockServer, sigv4: Json, environment: &[(&str, &str)]) -> Reading {
    let address = server.uri();
    let environment = variables(&[environment, &[("AWS_ENDPOINT_URL_AMP", address.as_str())]].concat());
    let config = json!({"address": format!("{address}/aps-workspaces/w"), "query": "up > 0",
        "authentication": {"sigv4": sigv4}, "headers": [{"key": "Uber-Trace-Id", "value": "1"}]});
    // The keys' own services are not a metric's choice, so they are asked although the guard refuses the loopback.
    let egress = Egress::guarded().allow(&server.address().ip().to_string()).unwrap();
    read(&Ctx { environment: &environment, egress, ..ctx() }, &metric("prometheus", config)).await
}

/// The `Authorization` of the question, and its session token.
async fn shown(server: &MockServer) -> (String, Option<String>) {
    let requests = server.received_requests().await.unwrap();
    let question = requests.iter().rfind(|request| request.url.path().ends_with("query")).unwrap();
    let text = |name: &str| question.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    (text("authorization").unwrap(), text("x-amz-security-token"))
}

/// The scope of a signature by this key.
fn scope(key: &str, region: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={key}/20231114/{region}/aps/aws4_request, SignedHeaders=")
}

#[tokio::test]
async fn a_question_to_amazon_is_signed_with_the_keys_of_the_environment() {
    let server = amp().await;
    let reading = asked(&server, json!({"region": "us-east-2"}), KEYS).await;
    assert_eq!(value(&reading).text(), "1");
    let (authorization, token) = shown(&server).await;
    assert!(authorization.starts_with(&scope("AKIDENV", "us-east-2")), "{authorization}");
    assert!(authorization.contains("content-type;host;x-amz-date"), "{authorization}");
    assert!(!authorization.contains("uber-trace-id"), "{authorization}");
    assert_eq!(token, None);
}

/// What was asked, as the server received it.
async fn received(server: &MockServer) -> Vec<Received> {
    server.received_requests().await.unwrap().iter().map(Received::of).collect()
}

/// By POST, and by GET where that is refused: as the server makes the signature of what it received.
#[tokio::test]
async fn a_signature_holds_for_the_request_that_arrives_and_for_no_other() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(405)).mount(&server).await;
    let environment = [KEYS, &[("AWS_SESSION_TOKEN", "session")]].concat();
    asked(&server, json!({"region": "us-east-2"}), &environment).await;
    let requests = received(&server).await;
    let [post, get] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    assert_eq!(
        (post.method.as_str(), post.body.as_slice()),
        ("POST", &b"query=up+%3E+0&time=1700000000.5"[..])
    );
    assert_eq!((get.method.as_str(), get.query.as_str()), ("GET", "query=up%20%3E%200&time=1700000000.5"));
    for request in [post, get] {
        assert!(request.is_signed_by("secret-of-env"), "{}", request.method);
        assert!(!request.is_signed_by("secret-of-others"), "{}", request.method);
        assert!(request.shown("SignedHeaders").ends_with("host;x-amz-date;x-amz-security-token"));
        let others = [
            Received { method: "PUT".to_owned(), ..request.clone() },
            Received { path: format!("{}_range", request.path), ..request.clone() },
            Received { query: "query=down&time=1700000000.5".to_owned(), ..request.clone() },
            Received { body: b"query=down&time=1700000000.5".to_vec(), ..request.clone() },
        ];
        for other in others {
            assert!(!other.is_signed_by("secret-of-env"), "{} {} {}", other.method, other.path, other.query);
        }
        for at in 0..request.headers.len() {
            let mut other = request.clone();
            let (name, value) = &mut other.headers[at];
            let name = name.clone();
            value.push('1');
            let counts = request.shown("SignedHeaders").split(';').any(|signed| signed == name);
            // The signature itself is made longer.
            assert_eq!(other.is_signed_by("secret-of-env"), !counts && name != "authorization", "{name}");
        }
    }
}

#[tokio::test]
async fn only_questions_to_amazon_are_signed() {
    let server = MockServer::start().await;
    let scalar = json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}});
    Mock::given(path("/api/v1/query"))
        .respond_with(ResponseTemplate::new(200).set_body_json(scalar))
        .mount(&server)
        .await;
    let config =
        json!({"address": server.uri(), "query": "up", "authentication": {"sigv4": {"region": "r"}}});
    assert_eq!(value(&read(&ctx(), &metric("prometheus", config)).await).text(), "1");
    assert_eq!(server.received_requests().await.unwrap()[0].headers.get("authorization"), None);
}

/// A path is anybody's to choose, and a session's token would go along with the signature.
#[tokio::test]
async fn nothing_is_signed_for_a_host_that_is_not_amazons() {
    let server = amp().await;
    let environment = variables(&[KEYS, &[("AWS_SESSION_TOKEN", "session")]].concat());
    let address = format!("{}/aps-workspaces/w", server.uri());
    let sigv4 = json!({"sigv4": {"region": "us-east-2"}});
    let config = json!({"address": address, "query": "up", "authentication": sigv4});
    let ctx_of = |operators| Ctx { environment: &environment, prometheus_address: operators, ..ctx() };
    let text = fault(&read(&ctx_of(None), &metric("prometheus", config)).await);
    assert!(text.starts_with(&format!("nothing is signed for {}, which is not", server.uri())), "{text}");
    assert!(server.received_requests().await.unwrap().is_empty());

    // Where the operator chose the address, it is as the peer has it.
    let config = json!({"query": "up", "authentication": sigv4});
    assert_eq!(value(&read(&ctx_of(Some(&address)), &metric("prometheus", config)).await).text(), "1");
    assert_eq!(shown(&server).await.1.as_deref(), Some("session"));
}

/// The token service's host is made of it.
#[tokio::test]
async fn a_region_that_would_lead_the_keys_to_another_host_is_none() {
    let server = amp().await;
    for region in ["x.evil.example/", "evil.example#", "a@evil", "A", "r\n"] {
        let text = fault(&asked(&server, json!({"region": region, "roleArn": "arn:aws:x"}), KEYS).await);
        assert_eq!(text, format!("sigv4.region {region:?} is no region, such as us-east-1"));
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_region_and_the_keys_of_a_profile_stand_in_the_shared_files() {
    let home = tempfile::tempdir().unwrap();
    let (config, credentials) = (home.path().join("config"), home.path().join("credentials"));
    std::fs::write(&config, "[profile amp]\nregion = ap-south-1\n").unwrap();
    std::fs::write(&credentials, "[amp]\naws_access_key_id = AKIDFILE\naws_secret_access_key = k\n").unwrap();
    let files = [
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap()),
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", "k"),
    ];
    let server = amp().await;
    asked(&server, json!({"profile": "amp"}), &files).await;
    assert!(shown(&server).await.0.starts_with(&scope("AKIDFILE", "ap-south-1")));
    let text = fault(&asked(&server, json!({"profile": "absent", "region": "r"}), &files).await);
    assert_eq!(text, "could not get SigV4 credentials: failed to get shared config profile, absent");
}

fn handed_out() -> String {
    "<R><C><AccessKeyId>AKIDSTS</AccessKeyId><SecretAccessKey>secret-of-sts</SecretAccessKey>\
     <SessionToken>session-of-sts</SessionToken></C></R>"
        .to_owned()
}

#[tokio::test]
async fn a_role_is_taken_on_with_the_keys_or_with_the_clusters_token() {
    let (sts, server) = (MockServer::start().await, amp().await);
    Mock::given(body_string_contains("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Ax"))
        .respond_with(ResponseTemplate::new(200).set_body_string(handed_out()))
        .mount(&sts)
        .await;
    let sts_address = sts.uri();
    let mut environment = KEYS.to_vec();
    environment.push(("AWS_ENDPOINT_URL_STS", &sts_address));
    let reading = asked(&server, json!({"roleArn": "arn:aws:x"}), &environment).await;
    assert_eq!(value(&reading).text(), "1");
    let (authorization, token) = shown(&server).await;
    assert!(authorization.starts_with(&scope("AKIDSTS", "eu-west-1")), "{authorization}");
    assert_eq!(token.as_deref(), Some("session-of-sts"));
    let asked_sts = &sts.received_requests().await.unwrap()[0];
    assert!(asked_sts.headers["authorization"].to_str().unwrap().contains("AKIDENV"));
    assert!(Received::of(asked_sts).is_signed_by("secret-of-env"));
    assert!(received(&server).await.iter().all(|question| question.is_signed_by("secret-of-sts")));

    Mock::given(body_string_contains("Action=AssumeRoleWithWebIdentity"))
        .and(body_string_contains("RoleArn=arn%3Aaws%3Airsa"))
        .and(body_string_contains("WebIdentityToken=jwt-of-the-pod"))
        .respond_with(ResponseTemplate::new(200).set_body_string(handed_out()))
        .mount(&sts)
        .await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "jwt-of-the-pod\n").unwrap();
    let environment = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:irsa"),
        ("AWS_ENDPOINT_URL_STS", &sts_address),
    ];
    asked(&server, json!({"region": "r"}), &environment).await;
    assert!(shown(&server).await.0.starts_with(&scope("AKIDSTS", "r")));
    let unsigned = &sts.received_requests().await.unwrap()[1];
    assert_eq!(unsigned.headers.get("authorization"), None);
}

#[tokio::test]
async fn a_role_that_is_refused_is_told_without_any_secret() {
    let (sts, server) = (MockServer::start().await, amp().await);
    let refused = "<E><Error><Code>AccessDenied</Code><Message>not with secret-of-env</Message></Error></E>";
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(403).set_body_string(refused))
        .mount(&sts)
        .await;
    let sts_address = sts.uri();
    let mut environment = KEYS.to_vec();
    environment.push(("AWS_ENDPOINT_URL_STS", &sts_address));
    let text = fault(&asked(&server, json!({"roleArn": "arn:aws:x"}), &environment).await);
    assert_eq!(
        text,
        "could not get SigV4 credentials: operation error STS: https response error StatusCode: 403, AccessDenied: \
         not with ***"
    );
}

#[tokio::test]
async fn a_pod_gets_its_keys_from_its_identity_and_an_instance_from_its_metadata() {
    let (machine, server) = (MockServer::start().await, amp().await);
    let handed = |id: &str| json!({"Code": "Success", "AccessKeyId": id, "SecretAccessKey": "k", "Token": format!("token-of-{id}")});
    Mock::given(path("/v1/credentials"))
        .and(header("authorization", "token-of-the-pod"))
        .respond_with(ResponseTemplate::new(200).set_body_json(handed("AKIDPOD")))
        .mount(&machine)
        .await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "token-of-the-pod").unwrap();
    let address = format!("{}/v1/credentials", machine.uri());
    let environment = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", address.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap()),
    ];
    asked(&server, json!({"region": "r"}), &environment).await;
    let (authorization, token) = shown(&server).await;
    assert!(authorization.starts_with(&scope("AKIDPOD", "r")), "{authorization}");
    assert_eq!(token.as_deref(), Some("token-of-AKIDPOD"));

    Mock::given(method("PUT"))
        .and(path("/latest/api/token"))
        .and(header("x-aws-ec2-metadata-token-ttl-seconds", "60"))
        .respond_with(ResponseTemplate::new(200).set_body_string("token-of-imds"))
        .mount(&machine)
        .await;
    for (at, body) in [("", "the-role\n".to_owned()), ("the-role", handed("AKIDNODE").to_string())] {
        Mock::given(path(format!("/latest/meta-data/iam/security-credentials/{at}")))
            .and(header("x-aws-ec2-metadata-token", "token-of-imds"))
            .respond_with(ResponseTemplate::new(200).set_body_string(body))
            .mount(&machine)
            .await;
    }
    let machine_address = machine.uri();
    let environment = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine_address.as_str())];
    asked(&server, json!({"region": "r"}), &environment).await;
    assert!(shown(&server).await.0.starts_with(&scope("AKIDNODE", "r")));
}

#[tokio::test]
async fn without_region_or_keys_the_peers_words_say_so() {
    let server = amp().await;
    let text = fault(&asked(&server, json!({"roleArn": "x"}), &[]).await);
    assert_eq!(text, "region not configured in sigv4 or in default credentials chain");
    let off = [("AWS_EC2_METADATA_DISABLED", "true")];
    let text = fault(&asked(&server, json!({"region": "r"}), &off).await);
    let expected =
        "could not get SigV4 credentials: no EC2 IMDS role found: the metadata service is turned off";
    assert_eq!(text, expected);
    assert!(server.received_requests().await.unwrap().is_empty());
}
