//! Certificates out of a directory, as a mounted Secret has them, and their renewal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

const FILES: [&str; 3] = ["tls.crt", "tls.key", "ca.crt"];

/// The certificates of the directory, as they were when they could be used last.
pub(crate) struct Tls {
    directory: PathBuf,
    loaded: Mutex<(Stamp, Arc<ServerConfig>)>,
}

/// When the files changed last.
type Stamp = [Option<SystemTime>; 3];

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: {problem}; --beaconTLS is a directory with tls.crt and tls.key (PEM; this region's certificate), and ca.crt, the \
     authorities whose clients are believed",
    file.display()
)]
pub struct TlsError {
    file: PathBuf,
    problem: String,
}

impl Tls {
    /// Reads the files of a directory.
    pub(crate) fn read(directory: &Path) -> Result<Self, TlsError> {
        let loaded = Mutex::new((stamp(directory), load(directory)?));
        Ok(Self { directory: directory.to_owned(), loaded })
    }

    /// The certificates as they are now. Files that have become unusable leave the last ones in force.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        let now = stamp(&self.directory);
        let mut loaded = self.loaded.lock();
        if loaded.0 != now {
            loaded.0 = now;
            match load(&self.directory) {
                Ok(config) => loaded.1 = config,
                Err(error) => tracing::warn!(%error, "the certificates before these stay in force"),
            }
        }
        Arc::clone(&loaded.1)
    }
}

fn stamp(directory: &Path) -> Stamp {
    FILES.map(|file| std::fs::metadata(directory.join(file)).and_then(|it| it.modified()).ok())
}

fn load(directory: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let [certificate, key, authority] = FILES.map(|file| directory.join(file));
    let error = |file: &Path, problem: &dyn ToString| TlsError {
        file: file.to_owned(),
        problem: problem.to_string(),
    };
    let chain = certificates(&certificate).map_err(|problem| error(&certificate, &problem))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(|problem| error(&key, &problem))?;
    let mut believed = RootCertStore::empty();
    for root in certificates(&authority).map_err(|problem| error(&authority, &problem))? {
        believed.add(root).map_err(|problem| error(&authority, &problem))?;
    }
    // Named, so that it does not matter what the program has installed.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(believed), Arc::clone(&provider));
    let verifier = verifier.build().map_err(|problem| error(&authority, &problem))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|problem| error(&certificate, &problem))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, private)
        .map_err(|problem| error(&certificate, &problem))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// At least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|error| error.to_string())?;
    if read.is_empty() { Err("it has no certificate".to_owned()) } else { Ok(read) }
}
