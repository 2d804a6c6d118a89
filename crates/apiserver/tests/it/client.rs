//! Clients of the server in process, and of the real one.

use aviary_apiserver::{Clock, Options, Server};
use kube::{Client, Config};
use world::World;
use xtask::control_plane::ControlPlane;

/// A server without controllers, and a client in its process.
pub(crate) fn without_controllers() -> (Server, Client) {
    let world = World::new().without_controllers();
    start(Options { world, ..Options::default() })
}

/// A server whose time is tokio's, beginning in 2026.
pub(crate) fn in_virtual_time() -> (Server, Client) {
    let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap());
    start(Options { clock, ..Options::default() })
}

pub(crate) fn start(options: Options) -> (Server, Client) {
    let server = Server::new(options).unwrap();
    let client = Client::new(server.service(), "default");
    (server, client)
}

/// A client of a real control plane.
pub(crate) async fn of(plane: &ControlPlane) -> Client {
    // The first to install a provider wins; all install the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let text = std::fs::read_to_string(plane.kubeconfig()).unwrap();
    let kubeconfig = kube::config::Kubeconfig::from_yaml(&text).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    Client::try_from(Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap()).unwrap()
}

/// A request with headers of one's own.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> http::Request<Vec<u8>> {
    let mut request = http::Request::builder().method(method).uri(path.replace(' ', "%20"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into_bytes()).unwrap()
}
