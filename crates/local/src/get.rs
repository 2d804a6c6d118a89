//! A plain HTTP GET, for probes and scrapes.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Largest body that is read.
const LIMIT: usize = 8 << 20;

/// Asks for small things, often; connections are kept.
#[derive(Clone, Debug)]
pub(crate) struct Getter(Client<HttpConnector, Empty<Bytes>>);

impl Getter {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// Status and body, or what went wrong in words.
    pub(crate) async fn get(
        &self,
        address: SocketAddr,
        path: &str,
        headers: &[(HeaderName, HeaderValue)],
        limit: Duration,
    ) -> Result<(StatusCode, String), String> {
        let mut request = Request::get(format!("http://{address}{path}"))
            .body(Empty::new())
            .map_err(|error| format!("{path:?} is no path: {error}"))?;
        request.headers_mut().extend(headers.iter().cloned());
        let answer = async {
            let response = self.0.request(request).await.map_err(|error| innermost(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LIMIT).collect().await;
            let body = body.map_err(|error| format!("reading the body: {error}"))?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        };
        tokio::time::timeout(limit, answer)
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} ms", limit.as_millis())))
    }
}

/// The innermost cause says what happened ("Connection refused").
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
