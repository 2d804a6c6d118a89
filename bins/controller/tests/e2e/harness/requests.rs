//! Requests to the API server, as an administrator makes them.

use http::{Method, Request};
use kube::Client;
use serde_json::Value;

use super::Kind;

/// How a patch is meant.
#[derive(Clone, Copy)]
pub(crate) enum Patch {
    Merge,
    Json,
    Strategic,
}

impl Patch {
    fn content_type(self) -> &'static str {
        match self {
            Self::Merge => "application/merge-patch+json",
            Self::Json => "application/json-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
        }
    }
}

/// Sends a request and gives the answer.
pub(crate) async fn send(
    client: &Client,
    method: Method,
    path: &str,
    content_type: &str,
    body: &Value,
) -> kube::Result<Value> {
    let body = if body.is_null() { vec![] } else { body.to_string().into_bytes() };
    let request = Request::builder().method(method).uri(path).header("content-type", content_type);
    client.request(request.body(body).map_err(kube::Error::HttpError)?).await
}

pub(crate) async fn create(client: &Client, path: &str, object: &Value) -> kube::Result<Value> {
    send(client, Method::POST, path, "application/json", object).await
}

pub(crate) async fn get(client: &Client, path: &str) -> kube::Result<Value> {
    send(client, Method::GET, path, "application/json", &Value::Null).await
}

pub(crate) async fn patch(client: &Client, path: &str, how: Patch, patch: &Value) -> kube::Result<Value> {
    send(client, Method::PATCH, path, how.content_type(), patch).await
}

pub(crate) async fn delete(client: &Client, path: &str, propagation: &str) -> kube::Result<Value> {
    let options = serde_json::json!({"propagationPolicy": propagation});
    send(client, Method::DELETE, path, "application/json", &options).await
}

/// The kind of an object, for its URL.
pub(crate) fn path(kind: Kind, namespace: &str, name: &str) -> String {
    format!("{}/{name}", kind.path(namespace))
}
