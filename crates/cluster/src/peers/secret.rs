//! The Secret that tells how a region is reached.

use std::collections::BTreeMap;

use crd::{Kind, ObjectKey, names};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::ListParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};

use super::{Peer, PeerError, https};
use crate::error::Error;

/// A whole kubeconfig; or, in the other kind of Secret, where the region's controller is.
const KUBECONFIG: &str = "kubeconfig";
const URL: &str = "url";

/// Reads the Secret of a region in `namespace`.
pub(super) async fn read(own: &Client, namespace: &str, region: &str) -> Result<Peer, PeerError> {
    let api: Api<Secret> = Api::namespaced(own.clone(), namespace);
    let labels = ListParams::default().labels(&format!("{}={region}", names::REGION));
    let found = api.list(&labels).await.map_err(|source| {
        let key = ObjectKey::new(Kind::SECRET, namespace, format!("for region {region}"));
        Error::Read { key: Box::new(key), source: Box::new(source) }
    })?;
    let (region, namespace) = (region.to_owned(), namespace.to_owned());
    let Some(secret) = found.items.into_iter().next() else {
        return Err(PeerError::Unknown { region, namespace });
    };
    let name = secret.metadata.name.unwrap_or_default();
    let peer = peer(&secret.data.unwrap_or_default()).await;
    peer.map_err(|problem| PeerError::Secret { region, namespace, name, problem })
}

/// What a Secret's data says, or what is wrong with it.
async fn peer(data: &BTreeMap<String, ByteString>) -> Result<Peer, String> {
    if let Some(kubeconfig) = data.get(KUBECONFIG) {
        return cluster(kubeconfig).await.map(Peer::Cluster).map_err(str::to_owned);
    }
    if !data.contains_key(URL) {
        return Err(format!("it has neither the key {KUBECONFIG:?} nor {URL:?}"));
    }
    let key = |name: &str| {
        let bytes = data.get(name).ok_or_else(|| format!("it has {URL:?}, but no key {name:?}"))?;
        Ok::<_, String>(bytes.0.as_slice())
    };
    let url = std::str::from_utf8(key(URL)?).map_err(|_| format!("its {URL} is not text"))?;
    https::Endpoint::new(url.trim(), key("tls.crt")?, key("tls.key")?, key("ca.crt")?).map(Peer::Https)
}

async fn cluster(kubeconfig: &ByteString) -> Result<Client, &'static str> {
    let text = std::str::from_utf8(&kubeconfig.0).map_err(|_| "its kubeconfig is not text")?;
    let file = Kubeconfig::from_yaml(text).map_err(|_| "its kubeconfig is not a kubeconfig")?;
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
    let mut config = config.map_err(|_| "its kubeconfig has no usable current context")?;
    // The gate decides when a region is asked again.
    config.default_retry = false;
    Client::try_from(config).map_err(|_| "no client could be made of its kubeconfig")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(entries: &[(&str, &str)]) -> String {
        let data = entries.iter().map(|(key, value)| ((*key).to_owned(), ByteString((*value).into())));
        peer(&data.collect()).await.err().unwrap()
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_secret_is_told_without_its_content() {
        let tls = [("tls.crt", "SECRET"), ("tls.key", "SECRET"), ("ca.crt", "SECRET")];
        for (entries, said) in [
            (vec![], "it has neither the key \"kubeconfig\" nor \"url\""),
            (vec![("kubeconfig", "{SECRET")], "its kubeconfig is not a kubeconfig"),
            (vec![("kubeconfig", "{}")], "its kubeconfig has no usable current context"),
            (vec![("url", "https://eu.example.com")], "it has \"url\", but no key \"tls.crt\""),
            (
                [&[("url", "eu.example.com")], &tls[..]].concat(),
                "its url is none: relative URL without a base",
            ),
            (
                [&[("url", "http://eu.example.com")], &tls[..]].concat(),
                "its url does not begin with https://",
            ),
            (
                [&[("url", "https://eu.example.com")], &tls[..]].concat(),
                "its tls.crt and tls.key are no certificate with its key in PEM",
            ),
        ] {
            assert_eq!(refused(&entries).await, said);
        }
    }
}
