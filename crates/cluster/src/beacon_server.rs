//! Tells this region's beacons to the other regions' controllers, which show a certificate and are shown one.
//!
//! `GET /beacons/NAMESPACE/GROUP` answers 200 with the beacon as JSON, or 204 when there is none.

mod tls;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use kube::Client;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::peers::published;
pub(crate) use tls::Tls;
pub use tls::TlsError;

/// Connections at the same time; others wait.
const CONNECTIONS: usize = 64;
/// How long somebody may take to show a certificate.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may stay; its client opens another one, and meets renewed certificates.
const STAY: Duration = Duration::from_mins(10);

/// How long to wait when no connection can be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

type Reply = Response<Full<Bytes>>;

/// Serves until it is dropped. The files of `tls` are read again when they change.
pub(crate) async fn serve(listener: TcpListener, tls: Tls, client: Client) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: let others finish first.
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let (acceptor, client) = (TlsAcceptor::from(tls.current()), client.clone());
        tokio::spawn(async move {
            // A client that is not let in, or hangs up, is its own affair.
            let _ = timeout(STAY, connection(stream, acceptor, client)).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, client: Client) {
    let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let client = client.clone();
        async move { Ok::<_, Infallible>(answer(&request, &client).await) }
    });
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: &Request<Incoming>, client: &Client) -> Reply {
    let Some((namespace, group)) = asked(request.uri().path()).filter(|_| request.method() == Method::GET)
    else {
        return empty(StatusCode::NOT_FOUND);
    };
    match published(client, namespace, group).await {
        Ok(Some(beacon)) => {
            let mut reply = Response::new(Full::from(beacon));
            let json = header::HeaderValue::from_static("application/json");
            reply.headers_mut().insert(header::CONTENT_TYPE, json);
            reply
        }
        Ok(None) => empty(StatusCode::NO_CONTENT),
        Err(error) => {
            tracing::warn!(%error, "a peer asked for a beacon that could not be read");
            empty(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Namespace and group of a path, both possible names.
fn asked(path: &str) -> Option<(&str, &str)> {
    let (namespace, group) = path.strip_prefix("/beacons/")?.split_once('/')?;
    let possible = |name: &str| {
        !name.is_empty()
            && name.len() <= 253
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
            && !name.starts_with('.')
    };
    (possible(namespace) && possible(group)).then_some((namespace, group))
}

fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    reply
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn only_beacons_can_be_asked_for() {
        assert_eq!(asked("/beacons/openclaw/rating-api"), Some(("openclaw", "rating-api")));
        for path in [
            "/",
            "/beacons/openclaw",
            "/beacons//rating-api",
            "/beacons/openclaw/",
            "/beacons/a/b/c",
            "/beacons/../b",
            "/beacons/a/b%2Fc",
        ] {
            assert_eq!(asked(path), None, "{path}");
        }
    }
}
