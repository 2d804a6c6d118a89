//! What keeps the controller from starting is said once: what, where, and what to do.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Output;

use apiserver::{Options, Server};

use crate::controller::ended;

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
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
    for part in parts {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

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
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
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
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--beaconTLS <DIRECTORY>"), "{}", said(&output));
}

#[test]
fn an_unknown_flag_is_refused_with_a_way_on() {
    let output = ended(Path::new("/nowhere/config"), &["--no-such-flag"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("--no-such-flag") && said(&output).contains("--help"),
        "{}",
        said(&output)
    );
}
