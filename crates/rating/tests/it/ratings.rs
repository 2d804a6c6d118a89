//! Giving and reading ratings.

use serde_json::json;

use crate::support::{config, problem, start};

#[tokio::test]
async fn ratings_add_up_to_count_mean_and_distribution() {
    let (service, client) = start(config()).await;
    for stars in [5, 5, 4, 1] {
        assert_eq!(client.stars("lobster", stars).await.status, 201);
    }
    let read = client.get("/v1/items/lobster/rating").await;
    assert_eq!(
        (read.status, read.json()),
        (
            200,
            json!({
                "item": "lobster", "count": 4, "mean": 3.75,
                "distribution": {"1": 1, "2": 0, "3": 0, "4": 1, "5": 2}
            })
        )
    );
    service.shutdown().await;
}

#[tokio::test]
async fn an_item_that_nobody_rated_has_no_mean() {
    let (service, client) = start(config()).await;
    let read = client.get("/v1/items/shy/rating").await.json();
    assert_eq!((&read["count"], &read["mean"]), (&json!(0), &json!(null)));
    service.shutdown().await;
}

#[tokio::test]
async fn the_same_key_stores_one_rating_and_repeats_its_answer() {
    let (service, client) = start(config()).await;
    let first = client.rate("a", json!({"stars": 4}), Some("k1")).await;
    let again = client.rate("a", json!({"stars": 4}), Some("\"k1\"")).await;
    let body = client.rate("a", json!({"stars": 4, "idempotencyKey": "k1"}), None).await;
    assert_eq!((first.status, again.status, body.status), (201, 200, 200));
    assert_eq!((first.json(), first.json()), (again.json(), body.json()));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("false", "true")
    );
    assert_eq!(client.get("/v1/items/a/rating").await.json()["count"], 1);
    service.shutdown().await;
}

#[tokio::test]
async fn the_same_key_rates_another_item_anew() {
    let (service, client) = start(config()).await;
    for item in ["a", "b"] {
        assert_eq!(client.rate(item, json!({"stars": 4}), Some("k1")).await.status, 201);
    }
    service.shutdown().await;
}

#[tokio::test]
async fn a_key_that_stored_other_stars_is_refused_with_both_named() {
    let (service, client) = start(config()).await;
    client.rate("a", json!({"stars": 4}), Some("k1")).await;
    let (status, kind, detail) = problem(&client.rate("a", json!({"stars": 2}), Some("k1")).await);
    assert_eq!((status, kind.as_str()), (422, "idempotency-key-reused"));
    assert!(detail.contains("\"k1\"") && detail.contains("4 stars"), "{detail}");
    service.shutdown().await;
}

#[tokio::test]
async fn what_is_no_rating_is_refused_with_the_field_the_value_and_the_remedy() {
    let (service, client) = start(config()).await;
    let long = "k".repeat(256);
    for (item, body, key, says) in [
        ("a", json!({"stars": 0}), None, "stars is 0, and must be a whole number from 1 to 5"),
        ("a", json!({"stars": 6}), None, "stars is 6"),
        ("a", json!({"stars": 4.5}), None, "floating point `4.5`"),
        ("a", json!({}), None, "missing field `stars`"),
        ("a%20b", json!({"stars": 3}), None, "item id \"a b\""),
        ("a", json!({"stars": 3}), Some(long.as_str()), "1 to 255 visible"),
        ("a", json!({"stars": 3, "idempotencyKey": "x"}), Some("y"), "differs from the one in the body"),
    ] {
        let (status, kind, detail) = problem(&client.rate(item, body, key).await);
        assert_eq!((status, kind.as_str()), (400, "invalid-request"), "{detail}");
        assert!(detail.contains(says), "{detail:?} should say {says:?}");
    }
    assert_eq!(client.get("/v1/items/a/rating").await.json()["count"], 0);
    service.shutdown().await;
}

#[tokio::test]
async fn every_error_of_the_router_is_a_problem_too() {
    let (service, client) = start(config()).await;
    let unknown = problem(&client.get("/v2/nothing").await);
    assert_eq!((unknown.0, unknown.1.as_str()), (404, "not-found"));
    let method = client.raw("DELETE", "/v1/items/a/rating", "text/plain", "").await;
    assert_eq!(problem(&method).0, 405);
    assert_eq!(method.header("allow"), "GET,HEAD");
    let kind = client.raw("POST", "/v1/items/a/ratings", "text/plain", "{\"stars\":3}").await;
    assert_eq!(problem(&kind).0, 415);
    service.shutdown().await;
}

#[tokio::test]
async fn every_answer_names_the_version_and_is_counted_under_it() {
    let (service, client) = start(config()).await;
    let (other, other_client) =
        start(aviary_rating::Config { version: "1.5.0".to_owned(), ..config() }).await;
    for (client, version) in [(&client, "1.4.0"), (&other_client, "1.5.0")] {
        for path in ["/healthz", "/readyz", "/nowhere", "/v1/items/a/rating"] {
            assert_eq!(client.get(path).await.header("x-version"), version, "{path}");
        }
        client.raw("BREW", "/healthz", "text/plain", "").await;
        let text = client.get("/metrics").await.text;
        for line in [
            format!(
                "http_requests_total{{version=\"{version}\",method=\"GET\",route=\"/v1/items/{{id}}/rating\",status=\"200\",variant=\"\"}} 1"
            ),
            format!(
                "http_requests_total{{version=\"{version}\",method=\"GET\",route=\"unmatched\",status=\"404\",variant=\"\"}} 1"
            ),
            format!(
                "http_requests_total{{version=\"{version}\",method=\"other\",route=\"/healthz\",status=\"405\",variant=\"\"}} 1"
            ),
            format!(
                "http_request_duration_seconds_count{{version=\"{version}\",method=\"GET\",route=\"/healthz\",variant=\"\"}} 1"
            ),
            format!("http_requests_in_flight{{version=\"{version}\"}} 1"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
    service.shutdown().await;
    other.shutdown().await;
}
