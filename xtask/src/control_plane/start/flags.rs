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

pub(super) fn api_server(pki: &Pki, etcd: &str, url: &str, audit: Option<(&Path, &Path)>) -> Vec<String> {
    let port = url.rsplit(':').next().unwrap_or_default();
    let mut flags = vec![
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
    ];
    if let Some((policy, log)) = audit {
        flags.push(format!("--audit-policy-file={}", policy.display()));
        flags.push(format!("--audit-log-path={}", log.display()));
        // One file: whoever counts in it reads on from where they stopped.
        flags.push("--audit-log-maxsize=100000".into());
    }
    flags
}

pub(super) fn controller_manager(pki: &Pki, kubeconfig: &Path, pace: Option<u32>) -> Vec<String> {
    let mut flags = vec![
        format!("--kubeconfig={}", kubeconfig.display()),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),
        format!("--service-account-private-key-file={}", pki.path("service-account.key")),
        format!("--root-ca-file={}", pki.path("ca.crt")),
    ];
    if pace.is_some() {
        flags.push("--horizontal-pod-autoscaler-sync-period=1s".into());
    }
    flags.extend(paced(pace));
    flags
}

pub(super) fn scheduler(kubeconfig: &Path, pace: Option<u32>) -> Vec<String> {
    let mut flags = vec![
        format!("--kubeconfig={}", kubeconfig.display()),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),
    ];
    flags.extend(paced(pace));
    flags
}

/// How many requests a second a program allows itself.
fn paced(pace: Option<u32>) -> Vec<String> {
    let flags = |pace| vec![format!("--kube-api-qps={pace}"), format!("--kube-api-burst={pace}")];
    pace.map(flags).unwrap_or_default()
}

pub(super) fn kwok(kubeconfig: &Path) -> Vec<String> {
    vec![
        format!("--kubeconfig={}", kubeconfig.display()),
        format!("--config={}", workspace::root().join("xtask/control-plane/kwok/stages.yaml").display()),
        "--manage-all-nodes=true".into(),
        "--node-lease-duration-seconds=40".into(),
    ]
}
