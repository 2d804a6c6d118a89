//! What becomes of a name, from the metric that has it to the server that is asked.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;

use parking_lot::Mutex;
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::Ctx;

/// What the names of a test resolve to, one answer after the other: whoever owns a name may change it at any time.
static NAMES: Mutex<BTreeMap<String, VecDeque<Vec<IpAddr>>>> = Mutex::new(BTreeMap::new());

/// Resolves as the machine does, but for the names of tests.
pub(super) async fn lookup_host((name, port): (&str, u16)) -> io::Result<impl Iterator<Item = SocketAddr>> {
    let known = NAMES.lock().get_mut(name).map(VecDeque::pop_front);
    let found = match known {
        Some(answer) => answer.ok_or_else(|| io::Error::other("resolved once too often"))?,
        None => tokio::net::lookup_host((name, port)).await?.map(|address| address.ip()).collect(),
    };
    Ok(found.into_iter().map(move |address| SocketAddr::from((address, port))))
}

/// Has a name resolve to these, and then to those. No name server knows what is below `invalid` (RFC 6761, 6.4).
fn named(name: &str, answers: &[&[&str]]) {
    let parsed = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
    NAMES.lock().insert(name.to_owned(), answers.iter().map(parsed).collect());
}

/// What a web metric comes to.
async fn measured(egress: Egress, url: &str) -> Result<String, String> {
    // Fails only if a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let metric = json!({"name": "m", "provider": {"web": {"url": url}}});
    let ctx = Ctx { egress, ..Ctx::default() };
    let outcome = crate::read(&ctx, &serde_json::from_value(metric).unwrap()).await.outcome;
    outcome.map(|value| value.unwrap().text())
}

/// What comes of a name. This one is an address to a resolver, and none to a guard that looks at its text.
async fn resolved(egress: Egress) -> Result<Vec<SocketAddr>, String> {
    let resolver = Resolver::new(egress, Vec::new());
    let found = resolver.resolve("0x7f.1".parse().unwrap()).await;
    found.map(Iterator::collect).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_name_is_refused_for_what_it_resolves_to() {
    let refused = "egress to 0x7f.1 (127.0.0.1) is refused by the rule 127.0.0.0/8 (loopback); \
                   --metric-egress-allow allows it";
    assert_eq!(resolved(Egress::guarded()).await, Err(refused.to_owned()));
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    for rule in ["127.0.0.1", "0x7f.1"] {
        assert_eq!(resolved(Egress::guarded().allow(rule).unwrap()).await, Ok(vec![loopback]), "{rule}");
    }
}

#[tokio::test]
async fn a_metric_does_not_come_to_where_its_name_resolves_to_what_is_refused() {
    let server = MockServer::start().await;
    let port = server.address().port();
    for (name, addresses, refused) in [
        ("loopback.invalid", &["127.0.0.1"][..], "127.0.0.1) is refused by the rule 127.0.0.0/8 (loopback)"),
        ("mapped.invalid", &["::ffff:127.0.0.1"], "127.0.0.1) is refused by the rule 127.0.0.0/8 (loopback)"),
        ("link.invalid", &["169.254.7.7"], "169.254.7.7) is refused by the rule 169.254.0.0/16 (link-local)"),
        ("link6.invalid", &["fe80::1"], "fe80::1) is refused by the rule fe80::/10 (link-local)"),
        (
            "both.invalid",
            &["127.0.0.2", "169.254.169.254"],
            "169.254.169.254) is refused by the rule 169.254.169.254 (cluster metadata)",
        ),
    ] {
        named(name, &[addresses]);
        // An address of several that is allowed is not gone to either.
        let egress = Egress::guarded().allow("127.0.0.2").unwrap();
        let text = measured(egress, &format!("http://{name}:{port}/")).await.unwrap_err();
        assert!(text.starts_with(&format!("egress to {name} (")) && text.contains(refused), "{text}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_does_not_come_to_where_its_name_resolves_to_what_is_refused() {
    let server = MockServer::start().await;
    let to = format!("http://hop.invalid:{}/2", server.address().port());
    let moved = ResponseTemplate::new(302).insert_header("location", to);
    Mock::given(path("/1")).respond_with(moved).mount(&server).await;
    named("first.invalid", &[&["127.0.0.1"]]);
    named("hop.invalid", &[&["127.0.0.1"]]);
    let egress = Egress::guarded().allow("first.invalid").unwrap();
    let url = format!("http://first.invalid:{}/1", server.address().port());
    let text = measured(egress, &url).await.unwrap_err();
    assert!(
        text.starts_with("egress to hop.invalid (127.0.0.1) is refused by the rule 127.0.0.0/8"),
        "{text}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_name_is_resolved_once_and_asked_at_the_address_that_was_checked() {
    let server = MockServer::start().await;
    Mock::given(path("/")).respond_with(ResponseTemplate::new(200).set_body_string("1")).mount(&server).await;
    named("rebound.invalid", &[&["127.0.0.1"], &["169.254.169.254"]]);
    let egress = Egress::guarded().allow("127.0.0.1").unwrap();
    let host = format!("rebound.invalid:{}", server.address().port());
    assert_eq!(measured(egress, &format!("http://{host}/")).await, Ok("1".to_owned()));
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked[0].headers["host"], host.as_str());
    assert_eq!(
        (asked.len(), NAMES.lock()["rebound.invalid"].len()),
        (1, 1),
        "the second answer is not asked for"
    );
}
