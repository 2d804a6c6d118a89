//! The API on a socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Service, kubeconfig};

/// Most connections at a time; further ones wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 1024;
/// How long a client may take to send the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long requests that have begun may take to end at a shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// A server on a socket. Dropping it closes the socket at once; [`Listening::shutdown`] lets requests end.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    closing: CancellationToken,
    accepting: Option<JoinHandle<()>>,
}

impl Listening {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A kubeconfig whose context `name` leads here.
    pub fn kubeconfig(&self, name: &str) -> String {
        kubeconfig(name, self.address)
    }

    /// Accepts no more, ends the watches, and returns when the requests that have begun are answered.
    pub async fn shutdown(mut self) {
        self.closing.cancel();
        if let Some(accepting) = self.accepting.take()
            && let Err(error) = accepting.await
        {
            tracing::warn!(%error, "the socket's task failed");
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.closing.cancel();
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
    }
}

/// Binds `address` and serves it in a task.
pub(crate) async fn listen(service: Service, address: SocketAddr) -> io::Result<Listening> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let closing = CancellationToken::new();
    let service = service.closing(closing.clone());
    let accepting = tokio::spawn(accept(listener, service, closing.clone()));
    Ok(Listening { address, closing, accepting: Some(accepting) })
}

async fn accept(listener: TcpListener, service: Service, closing: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    // Dropped with this task when the handle is: connections do not outlive the server.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let next = tokio::select! {
            () = closing.cancelled() => break,
            next = next(&listener, &room) => next,
            Some(_) = connections.join_next() => continue,
        };
        let Some((stream, permit)) = next else { continue };
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(Duration::from_secs(30)));
        let service = TowerToHyperService::new(service.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    // Whoever is slower than that is cut off with the set.
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Watches send small pieces; they must not wait to be joined.
            let _ = stream.set_nodelay(true);
            Some((stream, permit))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            // Out of file handles: wait for some to be given back instead of spinning.
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
