//! A client for one running instance.

use aviary_rating::{Config, Drain, Running, Service};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) fn config() -> Config {
    Config {
        version: "1.4.0".to_owned(),
        drain: Drain { notice: Duration::ZERO, deadline: Duration::from_secs(10) },
        ..Config::default()
    }
}

pub(crate) async fn start(config: Config) -> (Running, Client) {
    let running = Service::start(config).await.unwrap();
    let client = Client::new(running.url());
    (running, client)
}

#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
}

/// Status, headers and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    pub(crate) fn new(url: String) -> Self {
        // The transport is plain HTTP; reqwest wants a TLS provider all the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::Client::builder().no_proxy().build().unwrap(), url }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::answer(self.http.get(format!("{}{path}", self.url))).await.unwrap()
    }

    /// GET with headers.
    pub(crate) async fn with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.http.get(format!("{}{path}", self.url));
        Self::answer(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
            .await
            .unwrap()
    }

    /// POST with headers.
    pub(crate) async fn post(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url)).json(body);
        Self::answer(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
            .await
            .unwrap()
    }

    pub(crate) async fn rate(&self, item: &str, body: Value, key: Option<&str>) -> Answer {
        self.try_rate(item, body, key).await.unwrap()
    }

    pub(crate) async fn try_rate(
        &self,
        item: &str,
        body: Value,
        key: Option<&str>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.http.post(format!("{}/v1/items/{item}/ratings", self.url)).json(&body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        Self::answer(request).await
    }

    pub(crate) async fn stars(&self, item: &str, stars: i64) -> Answer {
        self.rate(item, json!({ "stars": stars }), None).await
    }

    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let method = method.parse().unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url));
        Self::answer(request.header("content-type", kind).body(body)).await.unwrap()
    }

    async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }
}

/// Status, type and detail of a problem, checked to be one as RFC 9457 has it.
pub(crate) fn problem(answer: &Answer) -> (u16, String, String) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["status"], answer.status);
    assert!(!body["title"].as_str().unwrap().is_empty());
    let kind = body["type"].as_str().unwrap().strip_prefix("https://aviary.dev/problems/").unwrap();
    (answer.status, kind.to_owned(), body["detail"].as_str().unwrap().to_owned())
}
