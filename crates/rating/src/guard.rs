//! What stands between a request and its handler.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use http::{HeaderName, HeaderValue, header};
use tokio::time::{sleep, timeout};

use crate::app::{App, RATING, RATINGS, ROUTES};
use crate::problem::Problem;
use crate::trace::Trace;

/// Counts and times every request, lets those for the API through one by one, catches panics, and signs every answer with the version.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let _in_flight = app.metrics.begin();
    let (method, route) = (request.method().clone(), route(&request));
    let trace = Trace::of(request.headers());
    let api = route == RATINGS || route == RATING;
    let served = async { if api { admit(&app, request, next).await } else { next.run(request).await } };
    // A handler that panics is one answer, not the end of a connection.
    let served = AssertUnwindSafe(served).catch_unwind().await;
    let (head, body) = served.unwrap_or_else(|_| Problem::Panicked.into_response()).into_parts();
    let status = head.status.as_u16();
    app.metrics.answered(&method, route, &head, started.elapsed().as_secs_f64());
    let mut response = Response::from_parts(head, body);
    tracing::debug!(%method, route, status, trace_id = %trace.id, span_id = %trace.span, "answered");
    let headers = response.headers_mut();
    trace.sign(headers);
    headers.insert(HeaderName::from_static(crate::VERSION_HEADER), app.version.clone());
    if app.is_draining() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Sheds what exceeds the limit at once, gives up what takes too long, and lets the fault switches at the rest.
async fn admit(app: &App, request: Request, next: Next) -> Response {
    if let Some(Err(problem)) = app.rate.as_ref().map(|rate| rate.admit(&request)) {
        return problem.into_response();
    }
    let Ok(_place) = app.places.try_acquire() else {
        return Problem::Overloaded { limit: app.limits.concurrency }.into_response();
    };
    let served = timeout(app.limits.time, suffer(app, request, next)).await;
    served.unwrap_or_else(|_| Problem::Timeout { millis: app.limits.time.as_millis() }.into_response())
}

async fn suffer(app: &App, request: Request, next: Next) -> Response {
    let (fails, latency) = app.faults.next();
    if !latency.is_zero() {
        sleep(latency).await;
    }
    if fails { Problem::Injected.into_response() } else { next.run(request).await }
}

fn route(request: &Request) -> &'static str {
    let matched = request.extensions().get::<MatchedPath>();
    matched.and_then(|path| ROUTES.into_iter().find(|route| *route == path.as_str())).unwrap_or("unmatched")
}
