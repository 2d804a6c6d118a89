//! Checks over TLS: one region behind a name that all of them share, its authority, its certificate's end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aviary_regions::File;
use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A region that answers `api.example.com` with a certificate for ten days.
struct Region {
    address: String,
    ca_file: PathBuf,
    /// Server name and `host` header of each request.
    asked: Arc<Mutex<Vec<(String, String)>>>,
    _directory: tempfile::TempDir,
}

async fn region() -> Region {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let directory = tempfile::tempdir().unwrap();
    let ca_file = directory.path().join("ca.pem");
    std::fs::write(&ca_file, authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    let mut server = CertificateParams::new(["api.example.com".to_owned()]).unwrap();
    server.not_after = (SystemTime::now() + Duration::from_secs(10 * 24 * 3_600)).into();
    let key = KeyPair::generate().unwrap();
    let certificate = server.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap().to_string(), Arc::default());
    tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), Arc::clone(&asked)));
    Region { address, ca_file, asked, _directory: directory }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, asked: Arc<Mutex<Vec<(String, String)>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        // A client that refuses the certificate ends the handshake.
        let Ok(mut stream) = acceptor.accept(stream).await else { continue };
        let name = stream.get_ref().1.server_name().unwrap_or_default().to_owned();
        let mut request = vec![0; 4_096];
        let length = stream.read(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request[..length]).to_lowercase();
        let host = text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
        asked.lock().push((name, host));
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
            .await
            .unwrap();
        let _ = stream.shutdown().await;
    }
}

impl Region {
    /// What a check says of this region; nothing if it holds.
    async fn says(&self, address: &str, ca_file: &Path, check: &str) -> Option<String> {
        let text = format!(
            "{{regions: {{east: {{address: '{address}', connect: '{}', caFile: {}}}}},
              checks: [{{name: health, path: /healthz, attempts: 1{check}}}]}}",
            self.address,
            ca_file.display()
        );
        File::parse(&text).unwrap().run().await.unwrap().regions["east"].reason.clone()
    }
}

const ADDRESS: &str = "https://api.example.com";

#[tokio::test]
async fn one_region_of_a_shared_name_is_asked_by_that_name() {
    let region = region().await;
    assert_eq!(region.says(ADDRESS, &region.ca_file, "").await, None);
    let name = "api.example.com".to_owned();
    assert_eq!(*region.asked.lock(), [(name.clone(), name)]);
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_name_is_not_believed() {
    let (region, other) = (region().await, region().await);
    let said = region.says(ADDRESS, &other.ca_file, "").await.unwrap();
    assert!(said.starts_with("health: ") && said.contains("certificate"), "{said}");
    let said = region.says("https://www.example.com", &region.ca_file, "").await.unwrap();
    assert!(said.contains("not valid for name"), "{said}");
    assert!(region.asked.lock().is_empty(), "nothing is sent to a server that is not believed");
}

#[tokio::test]
async fn a_certificate_that_ends_soon_fails_the_check() {
    let region = region().await;
    assert_eq!(region.says(ADDRESS, &region.ca_file, ", certificateValidFor: 168h").await, None);
    let said = region.says(ADDRESS, &region.ca_file, ", certificateValidFor: 336h").await;
    assert_eq!(said.unwrap(), "health: the certificate is valid for 239 h more, less than 336 h");
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_is_refused_with_its_field() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let parsed =
        |region: &str| File::parse(&format!("{{regions: {{east: {region}}}, checks: [{{name: h}}]}}"));
    let error = parsed("{address: 'https://a.example', conect: x}").unwrap_err().to_string();
    assert!(error.contains("unknown field `conect`, expected one of address, connect, caFile"), "{error}");
    let refused = async |region: &str| parsed(region).unwrap().run().await.unwrap_err().to_string();
    assert_eq!(
        refused("{address: 'https://a.example', connect: '10.0.0.1'}").await,
        "regions.east.connect: \"10.0.0.1\" is no host with a port; write an address to connect to, such as \
         eu.elb.example.com:443"
    );
    let said = refused("{address: 'https://a.example', caFile: /nowhere/ca.pem}").await;
    assert!(said.starts_with("regions.east.caFile: /nowhere/ca.pem: No such file"), "{said}");
    let said = refused("{address: 'https://a.example', caFile: /dev/null}").await;
    assert!(said.starts_with("regions.east.caFile: /dev/null: it has no certificate; name a PEM"), "{said}");
}

#[tokio::test]
async fn a_certificate_is_wanted_of_an_address_without_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = wiremock::MockServer::start().await;
    let answer = wiremock::ResponseTemplate::new(200);
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let text = format!(
        "{{regions: {{east: {}}}, checks: [{{name: h, attempts: 1, certificateValidFor: 1h}}]}}",
        server.uri()
    );
    let verdict = File::parse(&text).unwrap().run().await.unwrap();
    let said = verdict.regions["east"].reason.as_deref();
    assert_eq!(said, Some("h: there is no certificate; write an https:// address"));
}
