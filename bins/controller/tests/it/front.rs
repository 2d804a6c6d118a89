//! An API server as one client sees it: what that client asks is written down, and can be held up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use apiserver::Server;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::Method;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;

/// The API server as one client sees it.
pub(crate) struct Front {
    pub(crate) kubeconfig: tempfile::NamedTempFile,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    writes: watch::Sender<Vec<String>>,
    held: Mutex<Option<&'static str>>,
}

impl Front {
    /// A front of `server` on a port that the system chooses.
    pub(crate) async fn of(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = Arc::new(State::default());
        let (service, shared) = (server.service(), Arc::clone(&state));
        let app = axum::Router::new().fallback(move |request: Request| {
            let (service, state) = (service.clone(), Arc::clone(&shared));
            async move { state.pass(service, request).await }
        });
        let address: SocketAddr = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let kubeconfig = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(kubeconfig.path(), apiserver::kubeconfig("test", address)).unwrap();
        Self { kubeconfig, state }
    }

    /// What was written since this was asked last.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        self.state.writes.send_replace(Vec::new())
    }

    /// Waits until something is written to a path that contains this, unless it was already.
    pub(crate) async fn written(&self, path: &str) {
        let mut changes = self.state.writes.subscribe();
        let waiting = changes.wait_for(|writes| writes.iter().any(|write| write.contains(path)));
        let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok();
        assert!(waited, "in vain: {path}");
    }

    /// From now on writes to paths that contain this are never answered.
    pub(crate) fn hold(&self, path: &'static str) {
        *self.state.held.lock() = Some(path);
    }
}

impl State {
    async fn pass(&self, service: apiserver::Service, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        if *request.method() != Method::GET {
            self.writes.send_modify(|writes| writes.push(format!("{} {path}", request.method())));
            let held = *self.held.lock();
            if held.is_some_and(|held| path.contains(held)) {
                std::future::pending::<()>().await;
            }
        }
        let answer = service.oneshot(request).await.unwrap_or_else(|never| match never {});
        answer.map(Body::new)
    }
}
