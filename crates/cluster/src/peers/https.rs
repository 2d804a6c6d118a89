//! A region whose controller tells its beacons itself, over HTTPS with certificates on both sides.

use std::time::Duration;

use crd::Beacon;
use http::StatusCode;
use reqwest::{Certificate, Client, Identity, Url, redirect};

use super::PeerError;
use crate::error::innermost;

/// Far more than any beacon has.
const LARGEST: usize = 64 * 1024;
/// A connection that is silent for so long is opened anew.
const IDLE: Duration = Duration::from_secs(30);

/// Another region's controller.
#[derive(Clone)]
pub(super) struct Endpoint {
    url: Url,
    client: Client,
}

impl Endpoint {
    /// From what a Secret holds; an error says what is wrong with which key, and nothing of its content.
    pub(super) fn new(url: &str, certificate: &[u8], key: &[u8], authority: &[u8]) -> Result<Self, String> {
        let url: Url = url.parse().map_err(|error| format!("its url is none: {error}"))?;
        if url.scheme() != "https" || url.cannot_be_a_base() {
            return Err("its url does not begin with https://".to_owned());
        }
        let identity = Identity::from_pem(&[certificate, b"\n", key].concat())
            .map_err(|_| "its tls.crt and tls.key are no certificate with its key in PEM")?;
        let authorities =
            Certificate::from_pem_bundle(authority).map_err(|_| "its ca.crt is no certificate in PEM")?;
        if authorities.is_empty() {
            return Err("its ca.crt has no certificate".to_owned());
        }
        let client = Client::builder()
            .identity(identity)
            .tls_certs_only(authorities)
            .https_only(true)
            // What another server says is not the region's word.
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|_| "its tls.crt and tls.key do not belong together")?;
        Ok(Self { url, client })
    }

    /// The beacon of a release group; `None` when there is none.
    pub(super) async fn beacon(&self, namespace: &str, group: &str) -> Result<Option<Beacon>, PeerError> {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["beacons", namespace, group]);
        }
        let refused = |problem: String| PeerError::Https { url: url.to_string(), problem };
        let response = self.client.get(url.clone()).send().await;
        let mut response = response.map_err(|error| refused(innermost(&error)))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NO_CONTENT => return Ok(None),
            status => return Err(refused(format!("it answers {status}"))),
        }
        let mut text = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| refused(innermost(&error)))? {
            if text.len() + part.len() > LARGEST {
                return Err(refused(format!("it is larger than {LARGEST} bytes")));
            }
            text.extend_from_slice(&part);
        }
        super::parse(&text, url.as_str()).map(Some)
    }
}
