//! What keeps the controller from starting is said once: what, where, and what to do.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Output;

use apiserver::{Options, Server};

use crate::controller::{self, ended};

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A kubeconfig for a server at `address`.
fn kubeconfig(address: SocketAddr) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), apiserver::kubeconfig("test", address)).unwrap();
    file
}

fn refused(output: &Output, parts: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    // Above it stands what was logged until then.
    let error = said.lines().last().unwrap_or_default();
    let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
    assert!(error.starts_with("error: ") && errors == 1, "{said}");
    for part in parts {
        assert!(error.contains(part), "{part} is not in: {said}");
    }
}

/// Where nobody listens: the port is not given out to programs that take any.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

#[test]
fn a_kubeconfig_that_is_missing_or_broken_is_named() {
    let broken = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(broken.path(), "{not yaml").unwrap();
    for path in [broken.path(), Path::new("/nowhere/config")] {
        refused(&ended(path, &[]), &[&path.display().to_string(), "--kubeconfig"]);
    }
}

#[test]
fn an_api_server_that_does_not_answer_is_told_with_the_remedy() {
    let free = NOBODY;
    let address = format!("cannot reach the API server at http://{free}/: Connection refused");
    refused(&ended(kubeconfig(free).path(), &[]), &[&address, "check the kubeconfig's server address"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_in_use_is_named_with_its_flag() {
    let server = Server::new(Options::default()).unwrap();
    let listening = server.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let file = kubeconfig(listening.address());
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for flag in ["--metricsPort", "--healthzPort"] {
        let flag_and_port = format!("{flag}={port}");
        let path = file.path().to_owned();
        let output = tokio::task::spawn_blocking(move || ended(&path, &[&flag_and_port])).await.unwrap();
        refused(&output, &[&format!("0.0.0.0:{port}"), flag, "choose another port"]);
    }
}

#[test]
fn beacons_are_not_told_without_certificates() {
    let output = ended(Path::new("/nowhere/config"), &["--beaconPort=8443"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("--beaconTLS <DIRECTORY>"), "{}", said(&output));
}

#[test]
fn an_unknown_flag_is_refused_with_a_way_on() {
    let output = ended(Path::new("/nowhere/config"), &["--no-such-flag"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("--no-such-flag") && said(&output).contains("--help"),
        "{}",
        said(&output)
    );
}

#[test]
fn the_version_is_printed_without_a_cluster() {
    let output = controller::command(Path::new("/nowhere/config"), &["--version"])
        .stdout(std::process::Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with(version));
}

#[test]
fn the_help_goes_to_standard_output() {
    let output = controller::command(Path::new("/nowhere/config"), &["--help"])
        .stdout(std::process::Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("--leader-election-renew-deadline"));
}

#[test]
fn a_flag_that_is_wrong_by_itself_is_told_before_a_cluster_is_looked_for() {
    refused(
        &ended(Path::new("/nowhere/config"), &["--controllers=rollout"]),
        &["unsupported controller: rollout"],
    );
}

/// Flags that no controller starts with (spec controller-binary 12).
#[test]
fn flags_that_cannot_be_carried_out_are_fatal() {
    let free = NOBODY;
    let file = kubeconfig(free);
    for (words, told) in [
        (&["--controllers=rollout"][..], "unsupported controller: rollout"),
        (&["--loglevel=loud"], "not a valid logrus Level: \"loud\""),
        (&["--leader-elect", "--leader-election-renew-deadline=20s"], "must be shorter than the lease, 15s"),
        (&["--server=nowhere"], "cannot use --server \"nowhere\": it names no scheme"),
    ] {
        let output = ended(file.path(), words);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(said.starts_with("error: ") && said.contains(told), "{words:?}: {said}");
    }
}

#[test]
fn an_empty_pod_namespace_is_fatal() {
    let free = NOBODY;
    let file = kubeconfig(free);
    let output = controller::command(file.path(), &["--leader-elect"])
        .env("POD_NAMESPACE", "")
        .stderr(std::process::Stdio::piped())
        .output()
        .unwrap();
    refused(&output, &["LeaderElectionNamespace is empty"]);
}
