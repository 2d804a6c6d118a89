//! The machine's own settings: its proxy and its authorities.
//!
//! They stand in the environment, which a process cannot change for itself safely. So each test here runs this program
//! again, with the environment that it needs, and only the part that asks.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use aviary_metric_providers::{Ctx, Egress, read};
use parking_lot::Mutex;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use wiremock::MockServer;

use crate::{ctx, metric};

const URL: &str = "AVIARY_TEST_URL";
const INSECURE: &str = "AVIARY_TEST_INSECURE";
const GUARDED: &str = "AVIARY_TEST_GUARDED";

/// The part that asks, in a process of its own: it says what came of it.
#[tokio::test]
async fn asks_in_another_environment() {
    let Ok(url) = std::env::var(URL) else { return };
    let egress = if std::env::var_os(GUARDED).is_some() { Egress::guarded() } else { Egress::open() };
    let config = json!({"url": url, "insecure": std::env::var_os(INSECURE).is_some(), "timeoutSeconds": 60});
    let reading = read(&Ctx { egress, ..ctx() }, &metric("web", config)).await;
    let said = match reading.outcome {
        Ok(value) => value.unwrap().text(),
        Err(text) => text,
    };
    println!("<<{said}>>");
}

/// What comes of asking `url` in this environment.
async fn asked(url: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "machine::asks_in_another_environment", "--nocapture"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env(URL, url).envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, said) = text.split_once("<<").unwrap_or_else(|| panic!("{text}"));
    said.split_once(">>").unwrap().0.to_owned()
}

/// Answers whatever comes with the first line of what was asked.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let read = socket.read(&mut asked).await.unwrap();
            let asked = String::from_utf8_lossy(&asked[..read]).into_owned();
            let line = asked.lines().next().unwrap_or_default().to_owned();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{line}",
                line.len()
            );
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn the_machines_proxy_is_used_unless_the_host_is_excepted_or_certificates_are_not_checked() {
    let (proxy, server) = (echo().await, echo().await);
    let proxy = format!("http://{proxy}");
    let far = "http://far.example/x";
    assert_eq!(asked(far, &[("HTTP_PROXY", &proxy)]).await, format!("GET {far} HTTP/1.1"));
    let near = format!("http://{server}/x");
    assert_eq!(asked(&near, &[("HTTP_PROXY", &proxy)]).await, format!("GET {near} HTTP/1.1"));
    let excepted = [("HTTP_PROXY", proxy.as_str()), ("NO_PROXY", "127.0.0.1")];
    assert_eq!(asked(&near, &excepted).await, "GET /x HTTP/1.1");
    let insecure = [("HTTP_PROXY", proxy.as_str()), (INSECURE, "1")];
    assert_eq!(asked(&near, &insecure).await, "GET /x HTTP/1.1");
}

#[tokio::test]
async fn the_guard_lets_the_machines_proxy_pass_and_still_refuses_what_the_url_says() {
    let proxy = echo().await.replace("127.0.0.1", "http://localhost");
    let guarded = [("HTTP_PROXY", proxy.as_str()), (GUARDED, "1")];
    assert_eq!(asked("http://far.example/", &guarded).await, "GET http://far.example/ HTTP/1.1");
    let text = asked("http://169.254.169.254/", &guarded).await;
    assert!(text.starts_with("egress to 169.254.169.254 is refused"), "{text}");
    // Neither through the proxy, whose own machine it would be, nor beside it, although its host has that name.
    let server = echo().await.replace("127.0.0.1", "http://localhost");
    for more in [[("NO_PROXY", "")], [("NO_PROXY", "localhost")]] {
        for url in [&server, &proxy] {
            let text = asked(url, &[&guarded[..], &more].concat()).await;
            assert!(text.starts_with("egress to localhost is refused"), "{more:?} {url}: {text}");
        }
    }
}

/// A server with a certificate for `name`, and the file of its authority.
async fn tls(name: &str, directory: &Path) -> (u16, String) {
    tls_sending(name, directory, "/safe").await
}

/// The same, where `/moved` sends to another place.
async fn tls_sending(name: &str, directory: &Path, to: &str) -> (u16, String) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let certified = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let file = directory.join("ca.pem");
    std::fs::write(&file, certified.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certified.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let moved =
        format!("HTTP/1.1 302 Found\r\nconnection: close\r\ncontent-length: 0\r\nlocation: {to}\r\n\r\n");
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let (acceptor, moved) = (acceptor.clone(), moved.clone());
            // A client that trusts nobody here ends the handshake.
            tokio::spawn(async move {
                let Ok(mut socket) = acceptor.accept(socket).await else { return };
                let mut asked = [0; 4096];
                if socket.read(&mut asked).await.is_ok() {
                    let safe = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nsafe";
                    let answer = if asked.starts_with(b"GET /moved ") { &moved } else { safe };
                    socket.write_all(answer.as_bytes()).await.ok();
                    socket.shutdown().await.ok();
                }
            });
        }
    });
    (port, file.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn certificates_are_checked_against_the_machines_authorities_and_the_name() {
    let directory = tempfile::tempdir().unwrap();
    let (port, authority) = tls("localhost", directory.path()).await;
    let url = format!("https://localhost:{port}/");
    assert_eq!(asked(&url, &[("SSL_CERT_FILE", &authority)]).await, "safe");
    assert_eq!(asked(&url, &[(INSECURE, "1")]).await, "safe");
    let unknown = asked(&url, &[]).await;
    assert!(unknown.contains("certificate") && unknown.contains("(metric "), "{unknown}");

    let (port, authority) = tls("other.example", directory.path()).await;
    let text = asked(&format!("https://localhost:{port}/"), &[("SSL_CERT_FILE", &authority)]).await;
    assert!(text.contains("certificate not valid for name \"localhost\""), "{text}");
}

#[tokio::test]
async fn a_redirect_from_tls_to_plain_text_is_refused() {
    let (directory, plain) = (tempfile::tempdir().unwrap(), MockServer::start().await);
    // Certificates that are checked, and such that are not.
    let checked = |authority: &str| [("SSL_CERT_FILE", authority.to_owned()), (INSECURE, "1".to_owned())];
    for to in [plain.uri(), plain.uri().replace("127.0.0.1", "localhost"), "ftp://localhost/".to_owned()] {
        let (port, authority) = tls_sending("localhost", directory.path(), &to).await;
        for (name, value) in checked(&authority) {
            let text = asked(&format!("https://localhost:{port}/moved"), &[(name, &value)]).await;
            assert!(
                text.starts_with("a redirect from https to another scheme is refused (metric "),
                "{text}"
            );
        }
    }
    assert!(plain.received_requests().await.unwrap().is_empty());

    // Within TLS it is followed.
    let (port, authority) = tls("localhost", directory.path()).await;
    for (name, value) in checked(&authority) {
        assert_eq!(asked(&format!("https://localhost:{port}/moved"), &[(name, &value)]).await, "safe");
    }
}

/// A proxy that connects whatever it is asked for to a port of this machine, and the first lines that it was sent.
async fn tunnel(port: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = lines.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(socket.read_u8().await.unwrap());
            }
            seen.lock().push(String::from_utf8(asked).unwrap());
            socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                // Whoever ends the connection first is no error of the proxy's.
                tokio::io::copy_bidirectional(&mut socket, &mut server).await.ok();
            });
        }
    });
    (address.to_string(), lines)
}

#[tokio::test]
async fn a_server_behind_the_machines_proxy_is_reached_by_tls_that_the_proxy_does_not_end() {
    let directory = tempfile::tempdir().unwrap();
    let (port, authority) = tls("far.example", directory.path()).await;
    let (proxy, lines) = tunnel(port).await;
    // The name is the proxy's to resolve: nobody else here can.
    let far = "https://far.example/x";
    let proxy = format!("http://user:word@{}", proxy.replace("127.0.0.1", "localhost"));
    let environment = [("HTTPS_PROXY", proxy.as_str()), ("SSL_CERT_FILE", authority.as_str())];
    assert_eq!(asked(far, &environment).await, "safe");
    let guarded = [&environment[..], &[(GUARDED, "1")]].concat();
    assert_eq!(asked(far, &guarded).await, "safe");
    for sent in lines.lock().drain(..) {
        let sent = sent.to_ascii_lowercase();
        assert!(sent.starts_with("connect far.example:443 http/1.1\r\n"), "{sent}");
        assert!(sent.contains("proxy-authorization: basic dxnlcjp3b3jk"), "{sent}");
    }

    // Certificates are the server's, and are checked against its name.
    let unknown = asked(far, &[("HTTPS_PROXY", &proxy)]).await;
    assert!(unknown.contains("certificate"), "{unknown}");
    let other = asked("https://other.example/", &environment).await;
    assert!(other.contains("certificate not valid for name \"other.example\""), "{other}");
    assert_eq!(lines.lock().len(), 2);

    // A host that is excepted is asked without the proxy, and so is one in plain text.
    let (port, authority) = tls("localhost", directory.path()).await;
    let environment =
        [("HTTPS_PROXY", proxy.as_str()), ("SSL_CERT_FILE", &authority), ("NO_PROXY", "localhost")];
    assert_eq!(asked(&format!("https://localhost:{port}/"), &environment).await, "safe");
    let plain = echo().await;
    assert_eq!(asked(&format!("http://{plain}/x"), &[("HTTPS_PROXY", &proxy)]).await, "GET /x HTTP/1.1");
    assert_eq!(lines.lock().len(), 2);
}
