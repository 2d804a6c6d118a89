//! Accepting connections, and letting go of them without losing a request.

use std::time::Duration;

use axum::Router;
use futures::FutureExt;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How a drain went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections that ended by themselves after the last request was answered.
    pub finished: usize,
    /// Connections that were still busy at the deadline.
    pub cut: usize,
}

/// The accepting end of one instance.
pub(crate) struct Acceptor {
    app: Router,
    idle: Duration,
    graceful: GracefulShutdown,
    connections: JoinSet<()>,
}

impl Acceptor {
    pub(crate) fn new(app: Router, idle: Duration) -> Self {
        Self { app, idle, graceful: GracefulShutdown::new(), connections: JoinSet::new() }
    }

    /// Serves until `stop`, then finishes what runs, for at most `deadline`.
    pub(crate) async fn run(
        mut self,
        listener: TcpListener,
        stop: CancellationToken,
        deadline: Duration,
    ) -> Drained {
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => self.serve(stream),
                    Err(error) => tracing::warn!(%error, "accepting a connection"),
                },
                Some(_) = self.connections.join_next() => {}
                () = stop.cancelled() => break,
            }
        }
        // The kernel may hold connections that were made before the stop: they are served, not reset.
        while let Some(Ok((stream, _))) = listener.accept().now_or_never() {
            self.serve(stream);
        }
        drop(listener);
        self.finish(deadline).await
    }

    fn serve(&mut self, stream: TcpStream) {
        // Answers are small and complete: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.idle)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(self.app.clone()));
        let connection = self.graceful.watch(connection);
        self.connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
        });
    }

    async fn finish(mut self, deadline: Duration) -> Drained {
        while self.connections.try_join_next().is_some() {}
        let open = self.connections.len();
        let _ = timeout(deadline, self.graceful.shutdown()).await;
        while self.connections.try_join_next().is_some() {}
        let cut = self.connections.len();
        self.connections.shutdown().await;
        Drained { finished: open - cut, cut }
    }
}
