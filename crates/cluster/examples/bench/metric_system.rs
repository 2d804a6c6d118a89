//! A Prometheus that answers at once, or never, and remembers when it was asked what.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &str = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1767225600,"0.001"]}]}}"#;

/// The server; clones are the same one.
#[derive(Clone)]
pub(crate) struct MetricSystem {
    address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// When each query was asked: last before the last look, and since.
    asked: Mutex<BTreeMap<String, Vec<Instant>>>,
    connections: Peak,
    requests: Peak,
}

/// How many there are at the same time.
#[derive(Default)]
struct Peak {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Peak {
    /// One more, until what is given back is dropped.
    fn enter(&self) -> Inside<'_> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Inside(self)
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

struct Inside<'a>(&'a Peak);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

impl MetricSystem {
    /// Listens on loopback; one that hangs takes every question and answers none.
    pub(crate) async fn start(hangs: bool) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let system = Self { address: listener.local_addr()?, seen: Arc::default() };
        let seen = Arc::clone(&system.seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen), hangs));
            }
        });
        Ok(system)
    }

    /// As a metric names it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// When each query was asked: the last time before the last call, and every time since. One that is never asked
    /// again is never forgotten.
    pub(crate) fn take(&self) -> BTreeMap<String, Vec<Instant>> {
        let mut asked = self.seen.asked.lock();
        let taken = asked.iter_mut().map(|(query, times)| {
            let last = times.last().copied();
            (query.clone(), std::mem::replace(times, last.into_iter().collect()))
        });
        taken.collect()
    }

    /// How many queries were ever asked.
    pub(crate) fn queries(&self) -> usize {
        self.seen.asked.lock().len()
    }

    /// How many connections there were at the same time, at most.
    pub(crate) fn most_connections(&self) -> usize {
        self.seen.connections.most()
    }

    /// How many requests were under way at the same time, at most.
    pub(crate) fn most_requests(&self) -> usize {
        self.seen.requests.most()
    }
}

async fn serve(stream: TcpStream, seen: Arc<Seen>, hangs: bool) {
    let _connection = seen.connections.enter();
    let answer = service_fn(|request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let _request = seen.requests.enter();
            // Queries are posted as forms; a form that does not come whole is told apart by being empty.
            let form = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
            let form = String::from_utf8_lossy(&form);
            let query =
                form.split('&').find(|part| part.starts_with("query=")).unwrap_or_default().to_owned();
            seen.asked.lock().entry(query).or_default().push(Instant::now());
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes()))))
        }
    });
    // A client that goes away is no error of ours.
    let _ended =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}
