//! Throw-away certificates: one authority, the server's certificate, an administrator's, and the key
//! that signs service account tokens. X.509 version 3 throughout, because rustls refuses older ones.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Who has a certificate: the administrator, and somebody with the same rights whose requests can be told from theirs.
pub(super) const USERS: [&str; 2] = ["admin", "controller"];

/// Paths of the PEM files, all in one directory.
#[derive(Debug)]
pub(super) struct Pki {
    directory: PathBuf,
}

impl Pki {
    /// Writes all files into `directory`.
    pub(super) fn create(directory: &Path) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(directory)?;
        let pki = Self { directory: directory.to_owned() };
        let authority = pki.authority()?;
        pki.issue("server", &authority, &server()?)?;
        for user in USERS {
            pki.issue(user, &authority, &master(user))?;
        }
        let tokens = KeyPair::generate()?;
        fs::write(pki.file("service-account.key"), tokens.serialize_pem())?;
        fs::write(pki.file("service-account.pub"), public_pem(&tokens))?;
        Ok(pki)
    }

    /// The path of one file, as text for a command line.
    pub(super) fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn authority(&self) -> Result<Issuer<'static, KeyPair>, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let mut params = named("aviary-test-authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        fs::write(self.file("ca.crt"), params.self_signed(&key)?.pem())?;
        Ok(Issuer::new(params, key))
    }

    fn issue(
        &self,
        name: &str,
        by: &Issuer<'_, KeyPair>,
        params: &CertificateParams,
    ) -> Result<(), Box<dyn Error>> {
        let key = KeyPair::generate()?;
        fs::write(self.file(&format!("{name}.crt")), params.signed_by(&key, by)?.pem())?;
        fs::write(self.file(&format!("{name}.key")), key.serialize_pem())?;
        Ok(())
    }
}

fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn server() -> Result<CertificateParams, Box<dyn Error>> {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

/// The group is what `--authorization-mode=RBAC` knows from its first moment.
fn master(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.distinguished_name.push(DnType::OrganizationName, "system:masters");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// kube-apiserver reads an elliptic verification key only in this form.
fn public_pem(key: &KeyPair) -> String {
    key.public_key_pem()
}
