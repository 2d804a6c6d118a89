//! Beacons over HTTPS: who is let in, and what is told.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use aviary_cluster::{BeaconSettings, Controller, Error, Settings};
use http::StatusCode;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{Certificate, Client, Identity};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::region::Region;

/// An authority, and whom it vouches for.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(parameters, key) }
    }

    /// Certificate and key.
    fn vouch(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new([name.to_owned()]).unwrap();
        (parameters.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// What a mounted Secret looks like.
    fn write(&self, directory: &Path, name: &str) {
        let (certificate, key) = self.vouch(name);
        for (file, text) in [("tls.crt", &certificate), ("tls.key", &key), ("ca.crt", &self.pem)] {
            std::fs::write(directory.join(file), text).unwrap();
        }
    }

    /// A client that believes this authority, and comes with a certificate of `by`.
    fn client(&self, by: Option<&Self>) -> Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let believed = Certificate::from_pem(self.pem.as_bytes()).unwrap();
        let mut client = Client::builder().tls_certs_only([believed]).no_proxy().pool_max_idle_per_host(0);
        if let Some(by) = by {
            let (certificate, key) = by.vouch("peer");
            client = client.identity(Identity::from_pem(format!("{certificate}{key}").as_bytes()).unwrap());
        }
        client.build().unwrap()
    }
}

fn settings(directory: &Path) -> Settings {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Settings { beacons: Some(BeaconSettings { address, tls: directory.to_owned() }), ..Settings::default() }
}

#[tokio::test]
async fn a_beacon_is_told_to_whoever_the_authority_vouches_for_and_to_nobody_else() {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "openclaw"}});
    let region = Region::with("us-east-1", &[namespace]).await;
    let beacon = json!({"group": "rating-api", "step": 3}).to_string();
    region
        .apply(&json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"beacon.json": beacon},
            "metadata": {"namespace": "openclaw", "name": "aviary-release-rating-api"},
        }))
        .await;
    let (authority, stranger) = (Authority::new(), Authority::new());
    let directory = tempfile::tempdir().unwrap();
    authority.write(directory.path(), "localhost");
    let controller = Controller::new(region.client(), settings(directory.path())).await.unwrap();
    let port = controller.beacon_address().unwrap().port();
    let stop = CancellationToken::new();
    let running = tokio::spawn(controller.run(stop.clone()));
    let at = |path: &str| format!("https://localhost:{port}{path}");
    let welcome = authority.client(Some(&authority));

    let told = welcome.get(at("/beacons/openclaw/rating-api")).send().await.unwrap();
    assert_eq!((told.status(), told.text().await.unwrap()), (StatusCode::OK, beacon));
    for (path, status) in [
        ("/beacons/openclaw/other", StatusCode::NO_CONTENT),
        ("/beacons/openclaw", StatusCode::NOT_FOUND),
        ("/metrics", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(welcome.get(at(path)).send().await.unwrap().status(), status, "{path}");
    }
    let posted = welcome.post(at("/beacons/openclaw/rating-api")).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::NOT_FOUND);

    for by in [None, Some(&stranger)] {
        let refused = authority.client(by).get(at("/beacons/openclaw/rating-api")).send().await;
        assert!(refused.is_err(), "{refused:?}");
    }

    // The other authority's certificates take their place, without a restart.
    stranger.write(directory.path(), "localhost");
    let told = stranger.client(Some(&stranger)).get(at("/beacons/openclaw/rating-api")).send().await.unwrap();
    assert_eq!(told.status(), StatusCode::OK);
    assert!(welcome.get(at("/beacons/openclaw/rating-api")).send().await.is_err());

    // Files that make no sense leave the last ones in force.
    std::fs::write(directory.path().join("tls.key"), "no key").unwrap();
    let told = stranger.client(Some(&stranger)).get(at("/beacons/openclaw/rating-api")).send().await.unwrap();
    assert_eq!(told.status(), StatusCode::OK);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn certificates_that_cannot_be_used_keep_it_from_starting_and_are_named() {
    let region = Region::with("us-east-1", &[]).await;
    for (file, content) in
        [("tls.crt", Some("nothing")), ("tls.key", Some("")), ("ca.crt", Some("")), ("ca.crt", None)]
    {
        let directory = tempfile::tempdir().unwrap();
        Authority::new().write(directory.path(), "localhost");
        let path = directory.path().join(file);
        content
            .map_or_else(|| std::fs::remove_file(&path), |content| std::fs::write(&path, content))
            .unwrap();
        let refused = Controller::new(region.client(), settings(directory.path())).await.err().unwrap();
        let said = refused.to_string();
        assert!(matches!(refused, Error::Tls(_)), "{said}");
        assert!(said.starts_with(&format!("{}: ", path.display())) && said.contains("--beaconTLS"), "{said}");
    }
}
