//! The description of the API, and that the service does as it says.

use std::collections::BTreeSet;

use aviary_rating::{Config, document};
use serde_json::{Value, json};

use crate::support::{Answer, config, start};

#[test]
fn the_description_is_what_clients_were_given() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi.json");
    let now = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &now).unwrap();
    }
    let golden = std::fs::read_to_string(file).unwrap();
    assert_eq!(now, golden, "if the change is meant, `UPDATE=1 cargo test -p aviary-rating openapi`");
}

/// What `reference` (`#/components/schemas/Name`) names.
fn resolved<'a>(api: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => api.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// The answer has a status and a media type that the description lists, and exactly the fields of its schema.
fn described(api: &Value, method: &str, route: &str, answer: &Answer) {
    let operation = &api["paths"][route][method];
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {route} answers {}, which is not described", answer.status);
    let Some(content) = response["content"].as_object() else {
        assert_eq!(answer.text, "", "{method} {route} {}: a body is not described", answer.status);
        return;
    };
    let schema = resolved(api, &content[answer.header("content-type")]["schema"]);
    let body = answer.json();
    let fields: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    let required = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(fields, required, "{method} {route} {}", answer.status);
}

#[tokio::test]
async fn the_service_answers_as_its_description_says() {
    let (service, client) = start(config()).await;
    let api = client.get("/openapi.json").await.json();
    assert_eq!(api, document());
    let (ratings, rating) = ("/v1/items/{id}/ratings", "/v1/items/{id}/rating");
    let (add, read) = ("/v1/items/a/ratings", "/v1/items/a/rating");
    let key = [("idempotency-key", "k")];
    for (status, stars, headers) in
        [(201, json!(5), &key[..]), (200, json!(5), &key), (422, json!(4), &key), (400, json!(6), &[])]
    {
        let answer = client.post(add, &json!({ "stars": stars }), headers).await;
        assert_eq!(answer.status, status);
        described(&api, "post", ratings, &answer);
    }
    described(&api, "post", ratings, &client.raw("POST", add, "text/plain", "5").await);
    described(&api, "get", ratings, &client.get(add).await);
    described(&api, "get", ratings, &client.get(&format!("{add}?limit=1000")).await);
    let summary = client.get(read).await;
    described(&api, "get", rating, &summary);
    let again = client.with(read, &[("if-none-match", summary.header("etag"))]).await;
    assert_eq!(again.status, 304);
    described(&api, "get", rating, &again);
    for probe in ["/healthz", "/readyz"] {
        described(&api, "get", probe, &client.get(probe).await);
    }
    service.shutdown().await;

    let faults = aviary_rating::FaultPlan { errors: 1.0, unhealthy: true, ..Default::default() };
    let (service, client) = start(Config { faults, ..config() }).await;
    described(&api, "get", rating, &client.get(read).await);
    described(&api, "get", "/healthz", &client.get("/healthz").await);
    service.shutdown().await;
}

#[tokio::test]
async fn the_page_to_try_it_needs_nothing_from_elsewhere() {
    let (service, client) = start(config()).await;
    let page = client.get("/docs/").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html"));
    let parts = page.text.split('"').filter(|part| matches!(part.rsplit_once('.'), Some((_, "js" | "css"))));
    let mut found = 0;
    for part in parts {
        assert!(!part.contains("//"), "{part} is elsewhere");
        assert_eq!(client.get(&format!("/docs/{part}")).await.status, 200, "{part}");
        found += 1;
    }
    assert!(found >= 3, "{}", page.text);
    assert!(client.get("/docs/swagger-initializer.js").await.text.contains("/openapi.json"));
    service.shutdown().await;
}
