//! An authority that vouches for the controllers of both regions.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(parameters, key) }
    }

    /// A certificate for `name` with its key, and the authority's, as a mounted Secret has them.
    pub(crate) fn write(&self, directory: &Path, name: &str) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap().pem();
        for (file, text) in
            [("tls.crt", &certificate), ("tls.key", &key.serialize_pem()), ("ca.crt", &self.pem)]
        {
            std::fs::write(directory.join(file), text).unwrap();
        }
    }
}
