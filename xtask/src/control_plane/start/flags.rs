//! The command lines. As controller-runtime's test environment starts them, where that matters.

use crate::control_plane::pki::Pki;
use crate::workspace;
use std::path::Path;

/// The test's data is thrown away, so nothing is flushed to disk.
pub(super) fn etcd(data: &Path, url: &str) -> Vec<String> {
    vec![
        format!("--data-dir={}", data.display()),
        format!("--listen-client-urls={url}"),
        format!("--advertise-client-urls={url}"),
        "--listen-peer-urls=http://127.0.0.1:0".into(),
        "--unsafe-no-fsync".into(),
        "--log-level=error".into(),
    ]
}

pub(super) fn api_server(pki: &Pki, etcd: &str, url: &str) -> Vec<String> {
    let port = url.rsplit(':').next().unwrap_or_default();
    vec![
        format!("--etcd-servers={etcd}"),
        "--bind-address=127.0.0.1".into(),
        "--advertise-address=127.0.0.1".into(),
        format!("--secure-port={port}"),
        format!("--tls-cert-file={}", pki.path("server.crt")),
        format!("--tls-private-key-file={}", pki.path("server.key")),
        format!("--client-ca-file={}", pki.path("ca.crt")),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--service-account-key-file={}", pki.path("service-account.pub")),
        format!("--service-account-signing-key-file={}", pki.path("service-account.key")),
        "--service-cluster-ip-range=10.96.0.0/16".into(),
        // Pods of bare namespaces are created before any service account can exist.
        "--disable-admission-plugins=ServiceAccount".into(),
        "--authorization-mode=RBAC".into(),
        "--allow-privileged".into(),
        // A loopback address may not be an endpoint of the `kubernetes` Service.
        "--endpoint-reconciler-type=none".into(),
    ]
}

pub(super) fn controller_manager(pki: &Pki, kubeconfig: &Path) -> Vec<String> {
    vec![
        format!("--kubeconfig={}", kubeconfig.display()),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),
        format!("--service-account-private-key-file={}", pki.path("service-account.key")),
        format!("--root-ca-file={}", pki.path("ca.crt")),
    ]
}

pub(super) fn scheduler(kubeconfig: &Path) -> Vec<String> {
    vec![
        format!("--kubeconfig={}", kubeconfig.display()),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),
    ]
}

pub(super) fn kwok(kubeconfig: &Path) -> Vec<String> {
    vec![
        format!("--kubeconfig={}", kubeconfig.display()),
        format!("--config={}", workspace::root().join("xtask/control-plane/kwok/stages.yaml").display()),
        "--manage-all-nodes=true".into(),
        "--node-lease-duration-seconds=40".into(),
    ]
}
