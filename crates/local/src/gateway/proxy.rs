//! Handing a request on, and its answer back.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use parking_lot::RwLock;

use super::destination::{self, Destination, Target};
use super::ledger::{Ledger, Row};
use super::matching::Asked;
use super::table::{Endpoint, Table};

/// Largest body, either way. Bodies are held whole, so that a request can be sent again.
const LIMIT: usize = 4 << 20;
/// Longest time for one pod to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection to a pod is kept for the next request: pods keep it longer (`rating::Limits::idle`).
const KEEP: Duration = Duration::from_secs(30);
/// How many pods a request is sent to at most.
const ATTEMPTS: usize = 3;
/// Headers that speak of one connection, not of the request (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
];

/// Hands requests on.
pub(crate) struct Proxy {
    table: Arc<RwLock<Arc<Table>>>,
    hosts: BTreeMap<String, SocketAddr>,
    client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) ledger: Ledger,
}

/// Why a pod did not answer.
struct Unanswered {
    /// Whether it cannot have seen the request.
    unsent: bool,
    status: StatusCode,
    reason: String,
}

impl Proxy {
    pub(crate) fn new(table: Arc<RwLock<Arc<Table>>>, hosts: BTreeMap<String, SocketAddr>) -> Self {
        let mut connector = HttpConnector::new();
        // Small requests must not wait for the acknowledgement of those before them.
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP)
            .build(connector);
        Self { table, hosts, client, ledger: Ledger::default() }
    }

    pub(crate) fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read())
    }

    /// Answers one request, and writes down what its client saw.
    pub(crate) async fn handle(&self, target: &Target, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let host = host(&parts.uri, &parts.headers);
        let asked = Asked {
            host: &host,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            headers: &parts.headers,
        };
        let destination = match destination::of(target, &self.table(), &self.hosts, asked) {
            Ok(destination) => destination,
            Err(nowhere) => return refusal(StatusCode::NOT_FOUND, &nowhere.to_string()),
        };
        let body = match Limited::new(body, LIMIT).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return refusal(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()),
        };
        let mut parts = parts;
        strip(&mut parts.headers);
        let (endpoint, response) = self.send(&destination, &parts, &body).await;
        self.record(&destination, endpoint, &response);
        response
    }

    /// Tries one pod after another for as long as it is safe.
    async fn send<'a>(
        &self,
        destination: &'a Destination,
        parts: &http::request::Parts,
        body: &Bytes,
    ) -> (Option<&'a Endpoint>, Response<Body>) {
        let mut last = None;
        for endpoint in destination.endpoints.iter().take(ATTEMPTS) {
            match self.ask(endpoint, parts, body).await {
                Ok(response) => return (Some(endpoint), response),
                Err(failure) => {
                    tracing::debug!(address = %endpoint.address, reason = failure.reason, "a pod did not answer");
                    let again = failure.unsent || is_idempotent(parts);
                    last = Some((endpoint, failure));
                    if !again {
                        break;
                    }
                }
            }
        }
        let Some((endpoint, failure)) = last else {
            let reason = format!("Service {} has no ready pod", destination.service);
            return (None, refusal(StatusCode::SERVICE_UNAVAILABLE, &reason));
        };
        (Some(endpoint), refusal(failure.status, &failure.reason))
    }

    async fn ask(
        &self,
        endpoint: &Endpoint,
        parts: &http::request::Parts,
        body: &Bytes,
    ) -> Result<Response<Body>, Unanswered> {
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let mut request = Request::builder()
            .method(parts.method.clone())
            .uri(format!("http://{}{path}", endpoint.address))
            .body(Full::new(body.clone()))
            .map_err(|error| failed(false, StatusCode::BAD_REQUEST, &error))?;
        *request.headers_mut() = parts.headers.clone();
        let answer = async {
            let sent = self.client.request(request).await;
            let response =
                sent.map_err(|error| failed(error.is_connect(), StatusCode::BAD_GATEWAY, &error))?;
            let (mut head, body) = response.into_parts();
            let body = Limited::new(body, LIMIT).collect().await;
            let body = body.map_err(|error| failed(false, StatusCode::BAD_GATEWAY, &*error))?.to_bytes();
            strip(&mut head.headers);
            Ok(Response::from_parts(head, Body::from(body)))
        };
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} s", PATIENCE.as_secs());
            Err(Unanswered { unsent: false, status: StatusCode::GATEWAY_TIMEOUT, reason })
        })
    }

    fn record(&self, destination: &Destination, endpoint: Option<&Endpoint>, response: &Response<Body>) {
        let version = response.headers().get(rating::VERSION_HEADER);
        self.ledger.record(Row {
            seen: destination.seen,
            hash: endpoint.map(|endpoint| endpoint.hash.clone()).unwrap_or_default(),
            version: version.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned(),
            status: response.status().as_u16(),
            service: destination.service.clone(),
        });
    }
}

/// The host that a request names, without a port.
fn host(uri: &http::Uri, headers: &HeaderMap) -> String {
    let header = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = uri.host().unwrap_or_else(header);
    let host = host.rsplit_once(':').map_or(host, |(host, _port)| host);
    host.to_ascii_lowercase()
}

/// Whether sending a request twice does no more than sending it once (RFC 9110, 9.2.2).
fn is_idempotent(parts: &http::request::Parts) -> bool {
    matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
        || parts.headers.contains_key(rating::IDEMPOTENCY_HEADER)
}

fn strip(headers: &mut HeaderMap) {
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

fn failed(unsent: bool, status: StatusCode, error: &dyn std::error::Error) -> Unanswered {
    Unanswered { unsent, status, reason: crate::get::innermost(error) }
}

fn refusal(status: StatusCode, reason: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("gateway: {reason}\n")));
    *response.status_mut() = status;
    response
}
