//! What an API at the edge owes to caches, browsers, other services and everybody else's clients.

use std::num::NonZeroU32;

use aviary_rating::{Config, Flags, Limits, Tokens};
use serde_json::json;

use crate::support::{config, problem, start};

#[tokio::test]
async fn an_answer_that_the_client_has_is_not_sent_again() {
    let (service, client) = start(config()).await;
    client.stars("lobster", 5).await;
    let first = client.get("/v1/items/lobster/rating").await;
    assert_eq!(first.header("cache-control"), "public, max-age=5, stale-while-revalidate=30");
    let tag = first.header("etag").to_owned();
    assert_eq!(tag, "\"0-0-0-0-1\"");
    for given in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = client.with("/v1/items/lobster/rating", &[("if-none-match", &given)]).await;
        assert_eq!(
            (again.status, again.text.as_str(), again.header("etag")),
            (304, "", tag.as_str()),
            "{given}"
        );
    }
    client.stars("lobster", 1).await;
    let changed = client.with("/v1/items/lobster/rating", &[("if-none-match", &tag)]).await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"1-0-0-0-1\""));
    service.shutdown().await;
}

#[tokio::test]
async fn ratings_are_paged_newest_first_and_none_is_shown_twice_or_left_out() {
    let (service, client) = start(config()).await;
    for stars in [1, 2, 3, 4, 5, 1, 2] {
        client.stars("lobster", stars).await;
    }
    client.stars("crab", 3).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/items/lobster/ratings?limit=3{cursor}")).await.json();
        seen.extend(page["ratings"].as_array().unwrap().iter().map(|one| one["stars"].as_i64().unwrap()));
        // One that arrives meanwhile belongs to no page behind this one.
        client.stars("lobster", 5).await;
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [2, 1, 5, 4, 3, 2, 1]);
    for (query, detail) in [
        ("limit=0", "limit is 0, and must be from 1 to 200"),
        ("limit=201", "limit is 201, and must be from 1 to 200"),
        ("cursor=7", "cursor \"7\" is none; send `next` of the page before as it is"),
        ("page=2", "unknown field `page`"),
    ] {
        let (status, _, said) = problem(&client.get(&format!("/v1/items/lobster/ratings?{query}")).await);
        assert!(status == 400 && said.contains(detail), "{query}: {said}");
    }
    service.shutdown().await;
}

#[tokio::test]
async fn a_write_needs_a_token_that_is_known_and_a_read_needs_none() {
    let tokens = Tokens::parse("old-token, new-token");
    let (service, client) = start(Config { tokens, ..config() }).await;
    let body = json!({"stars": 5});
    for given in ["", "Bearer ", "Bearer wrong", "Basic bmV3LXRva2Vu", "new-token", "Bearer new-token2"] {
        let answer = client.post("/v1/items/a/ratings", &body, &[("authorization", given)]).await;
        let (status, kind, _) = problem(&answer);
        assert_eq!(
            (status, kind.as_str(), answer.header("www-authenticate")),
            (401, "unauthorized", "Bearer"),
            "{given}"
        );
    }
    for given in ["Bearer old-token", "Bearer new-token"] {
        let answer = client.post("/v1/items/a/ratings", &body, &[("authorization", given)]).await;
        assert_eq!(answer.status, 201, "{given}: {}", answer.text);
    }
    assert_eq!(client.get("/v1/items/a/rating").await.json()["count"], 2);
    service.shutdown().await;
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_back_and_others_are_served() {
    let limits = Limits { rate: NonZeroU32::new(3), ..Limits::default() };
    let (service, client) = start(Config { limits, ..config() }).await;
    let from = |address: &'static str| {
        let client = client.clone();
        async move { client.with("/v1/items/a/rating", &[("x-forwarded-for", address)]).await }
    };
    // What stands before the gateway's own word is the client's.
    for claimed in ["1.1.1.1, 10.0.0.1", "2.2.2.2, 10.0.0.1", "10.0.0.1"] {
        assert_eq!(from(claimed).await.status, 200);
    }
    let refused = from("3.3.3.3, 10.0.0.1").await;
    let (status, kind, detail) = problem(&refused);
    assert_eq!((status, kind.as_str(), refused.header("retry-after")), (429, "too-many-requests", "1"));
    assert!(detail.contains("more than 3 requests a second"), "{detail}");
    assert_eq!(from("10.0.0.2").await.status, 200);
    assert_eq!(client.get("/healthz").await.status, 200, "probes are never refused");
    service.shutdown().await;
}

#[tokio::test]
async fn a_trace_is_gone_on_with_and_one_is_begun_where_there_is_none() {
    let (service, client) = start(config()).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let given = format!("00-{trace}-00f067aa0ba902b7-01");
    let answer = client.with("/healthz", &[("traceparent", &given), ("x-request-id", "mine-7")]).await;
    let parent = answer.header("traceparent");
    assert!(
        parent.starts_with(&format!("00-{trace}-")) && parent.ends_with("-01") && parent != given,
        "{parent}"
    );
    assert_eq!(answer.header("x-request-id"), "mine-7");

    let (one, other) = (client.get("/healthz").await, client.get("/healthz").await);
    let id =
        |answer: &crate::support::Answer| answer.header("traceparent").split('-').nth(1).unwrap().to_owned();
    assert_eq!(id(&one).len(), 32);
    assert_ne!(id(&one), id(&other));
    assert_eq!(one.header("x-request-id"), id(&one));
    service.shutdown().await;
}

#[tokio::test]
async fn browsers_may_ask_from_the_origins_that_are_named_and_from_no_other() {
    let origins = vec!["https://app.example.com".to_owned()];
    let (service, client) = start(Config { origins, ..config() }).await;
    let asked = |origin: &'static str| {
        let client = client.clone();
        async move { client.with("/v1/items/a/rating", &[("origin", origin)]).await }
    };
    let allowed = asked("https://app.example.com").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example.com");
    assert_eq!(asked("https://evil.example.com").await.header("access-control-allow-origin"), "");
    service.shutdown().await;
}

/// Half of the users get means with one decimal.
const EXPERIMENT: &str = r#"{"flags": {"rounded-mean": {"variants": {"exact": false, "rounded": true},
    "defaultVariant": "exact", "split": [["exact", 1], ["rounded", 1]]}}}"#;

#[tokio::test]
async fn an_experiment_is_sticky_and_can_be_told_from_the_version_in_the_metrics() {
    let flags = Flags::parse(EXPERIMENT).unwrap();
    let (service, client) = start(Config { flags, ..config() }).await;
    for stars in [5, 5, 4] {
        client.stars("lobster", stars).await;
    }
    let mut means = std::collections::BTreeMap::new();
    for user in ["ann", "bob", "cyd", "dan", "eve", "fay"] {
        let answer = client.with("/v1/items/lobster/rating", &[("x-user-id", user)]).await;
        let again = client.with("/v1/items/lobster/rating", &[("x-user-id", user)]).await;
        assert_eq!(answer.header("x-variant"), again.header("x-variant"), "{user}");
        assert_eq!(
            (answer.header("vary"), answer.header("cache-control")),
            ("x-user-id", "private, max-age=5")
        );
        means.insert(answer.header("x-variant").to_owned(), answer.json()["mean"].as_f64().unwrap());
    }
    assert_eq!(means, [("exact".to_owned(), 14.0 / 3.0), ("rounded".to_owned(), 4.7)].into());
    let metrics = client.get("/metrics").await.text;
    for variant in ["exact", "rounded"] {
        let counted = format!("route=\"/v1/items/{{id}}/rating\",status=\"200\",variant=\"{variant}\"");
        assert!(metrics.contains(&counted), "{counted} is not in\n{metrics}");
    }
    // Nobody is nobody's variant: the default, and for everybody to keep.
    let nobody = client.get("/v1/items/lobster/rating").await;
    assert_eq!(
        (nobody.header("x-variant"), nobody.header("cache-control")),
        ("exact", "public, max-age=5, stale-while-revalidate=30")
    );
    service.shutdown().await;
}

#[tokio::test]
async fn ratings_can_be_switched_off_while_reading_goes_on() {
    let flags = Flags::default().with_env([("RATING_FLAG_WRITES".to_owned(), "false".to_owned())]).unwrap();
    let (service, client) = start(Config { flags, ..config() }).await;
    let (status, kind, detail) = problem(&client.stars("a", 5).await);
    assert_eq!((status, kind.as_str()), (503, "unavailable"));
    assert!(detail.contains("switched off"), "{detail}");
    assert_eq!(client.get("/v1/items/a/rating").await.status, 200);
    service.shutdown().await;
}
