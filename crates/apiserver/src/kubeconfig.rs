//! Kubeconfigs for servers on a socket.

use std::net::SocketAddr;

/// A kubeconfig, as YAML, whose only and current context `name` leads to the server at `address` over plain HTTP.
///
/// ```
/// let text = aviary_apiserver::kubeconfig("us-east-1", "127.0.0.1:8001".parse().unwrap());
/// assert!(text.contains("server: http://127.0.0.1:8001\n"));
/// ```
pub fn kubeconfig(name: &str, address: SocketAddr) -> String {
    // JSON strings are YAML strings; a name may hold anything.
    let name = serde_json::Value::from(name);
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {name}\nclusters:\n- name: {name}\n  cluster:\n    server: \
         http://{address}\ncontexts:\n- name: {name}\n  context:\n    cluster: {name}\n    namespace: default\n    \
         user: {name}\nusers:\n- name: {name}\n  user: {{}}\n"
    )
}
