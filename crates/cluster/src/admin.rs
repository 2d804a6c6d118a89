//! Two small HTTP servers: health on one port, metrics on the other.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

use crate::error::Error;
use crate::metrics::Metrics;

/// How long to wait when no connection can be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

type Reply = Response<Full<Bytes>>;

/// A socket that is open but serves nobody yet: an occupied port is found at start, not later.
pub(crate) async fn listen(address: SocketAddr, flag: &'static str) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, flag, source })
}

/// Answers `/healthz` with `ok` for as long as the process runs.
pub(crate) async fn serve_health(listener: TcpListener) {
    serve(listener, |path| match path {
        "/healthz" => Some(text("text/plain; charset=utf-8", "ok".to_owned())),
        _ => None,
    })
    .await;
}

/// Answers `/metrics`.
pub(crate) async fn serve_metrics(listener: TcpListener, metrics: Arc<Metrics>) {
    serve(listener, move |path| match path {
        "/metrics" => {
            metrics.exposition().ok().map(|body| text("text/plain; version=0.0.4; charset=utf-8", body))
        }
        _ => None,
    })
    .await;
}

async fn serve(
    listener: TcpListener,
    answer: impl Fn(&str) -> Option<Reply> + Clone + Send + Sync + 'static,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: let others finish first.
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let answer = answer.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let reply = match *request.method() {
                Method::GET | Method::HEAD => answer(request.uri().path()),
                _ => None,
            };
            async move { Ok::<_, Infallible>(reply.unwrap_or_else(not_found)) }
        });
        tokio::spawn(async move {
            // A client that hangs up early is its own affair.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn text(content_type: &'static str, body: String) -> Reply {
    let mut reply = Response::new(Full::from(body));
    reply.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    reply.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    reply
}

fn not_found() -> Reply {
    let mut reply = text("text/plain; charset=utf-8", "404 page not found\n".to_owned());
    *reply.status_mut() = StatusCode::NOT_FOUND;
    reply
}
