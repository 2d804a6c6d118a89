//! One request to the service and its answer back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, Version, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use super::{SidecarConfig, route};
use crate::metrics::Metrics;
use crate::problem::Problem;

/// Headers that concern one connection (RFC 9110 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
];

/// What the requests of one sidecar share.
pub(super) struct Forward {
    client: Client<HttpConnector, Body>,
    upstream: Authority,
    timeout: Duration,
    metrics: Arc<Metrics>,
    draining: AtomicBool,
}

impl Forward {
    pub(super) fn new(config: &SidecarConfig, metrics: Arc<Metrics>) -> Self {
        let timeout = config.timeout;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout.min(Duration::from_secs(1))));
        // A connection that the service is about to close must not get a request.
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(config.keep)
            .build(connector);
        // An address and a port are an authority.
        let upstream =
            config.upstream.to_string().parse().unwrap_or_else(|_| Authority::from_static("127.0.0.1:8080"));
        Self { client, upstream, timeout, metrics, draining: AtomicBool::new(false) }
    }

    /// From now on every answer asks its client to connect anew, elsewhere.
    pub(super) fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    async fn answer(&self, request: Request) -> Response {
        let Ok(request) = self.addressed(request) else {
            return Problem::Invalid("the request target cannot be forwarded".to_owned()).into_response();
        };
        match timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(answer)) => {
                let (mut head, body) = answer.into_parts();
                strip(&mut head.headers);
                Response::from_parts(head, Body::new(body))
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "the service does not answer");
                Problem::NoUpstream.into_response()
            }
            Err(_) => Problem::UpstreamTimeout { millis: self.timeout.as_millis() }.into_response(),
        }
    }

    fn addressed(&self, mut request: Request) -> Result<Request, http::Error> {
        let mut target = std::mem::take(request.uri_mut()).into_parts();
        target.scheme = Some(Scheme::HTTP);
        target.authority = Some(self.upstream.clone());
        *request.uri_mut() = Uri::from_parts(target)?;
        *request.version_mut() = Version::HTTP_11;
        strip(request.headers_mut());
        Ok(request)
    }
}

/// Forwards a request, and counts it.
pub(super) async fn request(State(forward): State<Arc<Forward>>, request: Request) -> Response {
    let started = Instant::now();
    let _in_flight = forward.metrics.begin();
    let (method, route) = (request.method().clone(), route::of(request.uri().path()));
    let (head, body) = forward.answer(request).await.into_parts();
    forward.metrics.answered(&method, route, &head, started.elapsed().as_secs_f64());
    let mut response = Response::from_parts(head, body);
    if forward.draining.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn strip(headers: &mut HeaderMap) {
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}
