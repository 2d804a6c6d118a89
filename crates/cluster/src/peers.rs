//! The other regions: how to reach them, and what they say.

mod https;
mod secret;

use std::collections::BTreeMap;
use std::time::Duration;

use crd::{Beacon, Kind, ObjectKey, names};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::error::Error;

/// How long what a Secret says is believed before the Secret is read again: credentials are renewed.
const LIFETIME: Duration = Duration::from_mins(10);

/// The other regions: those that were given at start, and those found in Secrets labelled `aviary.dev/region: <region>` in
/// the controller's namespace.
pub(crate) struct Peers {
    own: Client,
    namespace: String,
    known: Mutex<BTreeMap<String, Known>>,
}

/// A region whose way is known.
struct Known {
    peer: Peer,
    /// When its Secret was read; `None` for one that was given at start.
    read: Option<Instant>,
}

/// How a region is reached.
#[derive(Clone)]
enum Peer {
    /// Through its API server: the beacon is a ConfigMap there.
    Cluster(Client),
    /// Through its controller, with certificates on both sides.
    Https(https::Endpoint),
}

/// Why a peer's beacon could not be read. Nothing of a Secret is repeated: it holds credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    #[error(
        "nothing is known of region {region:?}; start the controller with --peer {region}=KUBECONFIG, or add a Secret \
         labelled {}={region} to namespace {namespace}, with the key kubeconfig, or with url, tls.crt, tls.key and ca.crt",
        names::REGION
    )]
    Unknown { region: String, namespace: String },
    #[error("Secret {namespace}/{name} for region {region:?}: {problem}")]
    Secret { region: String, namespace: String, name: String, problem: String },
    #[error("{0}")]
    Read(#[from] Error),
    #[error("cannot read {url}: {problem}")]
    Https { url: String, problem: String },
    #[error("the beacon in {place} is malformed ({problem}); it is written anew by that region's controller")]
    Malformed { place: String, problem: String },
    #[error(
        "what is configured for region {region:?} is region {said:?}; mend the Secret or --peer, or that controller's \
         --region"
    )]
    Other { region: String, said: String },
}

impl Peers {
    pub(crate) fn new(own: Client, namespace: String, given: BTreeMap<String, Client>) -> Self {
        let known = given.into_iter().map(|(region, client)| {
            let known = Known { peer: Peer::Cluster(client), read: None };
            (region, known)
        });
        Self { own, namespace, known: Mutex::new(known.collect()) }
    }

    /// The beacon of a release group in another region; `None` when that region has none yet.
    pub(crate) async fn beacon(
        &self,
        region: &str,
        namespace: &str,
        group: &str,
    ) -> Result<Option<Beacon>, PeerError> {
        let read = match self.peer(region).await? {
            Peer::Cluster(client) => from_cluster(&client, namespace, group).await,
            Peer::Https(endpoint) => endpoint.beacon(namespace, group).await,
        };
        let beacon = read.inspect_err(|_| self.doubt(region))?;
        match beacon {
            Some(beacon) if beacon.region != region => {
                Err(PeerError::Other { region: region.to_owned(), said: beacon.region })
            }
            beacon => Ok(beacon),
        }
    }

    async fn peer(&self, region: &str) -> Result<Peer, PeerError> {
        if let Some(known) = self.known.lock().get(region)
            && known.read.is_none_or(|read| read.elapsed() < LIFETIME)
        {
            return Ok(known.peer.clone());
        }
        let peer = secret::read(&self.own, &self.namespace, region).await?;
        let known = Known { peer: peer.clone(), read: Some(Instant::now()) };
        self.known.lock().insert(region.to_owned(), known);
        Ok(peer)
    }

    /// Has the region's Secret read again next time: it may have been mended.
    fn doubt(&self, region: &str) {
        let mut known = self.known.lock();
        if known.get(region).is_some_and(|known| known.read.is_some()) {
            known.remove(region);
        }
    }
}

/// Reads the ConfigMap.
async fn from_cluster(client: &Client, namespace: &str, group: &str) -> Result<Option<Beacon>, PeerError> {
    let Some(text) = published(client, namespace, group).await? else { return Ok(None) };
    let key = ObjectKey::new(Kind::CONFIG_MAP, namespace, Beacon::config_map(group));
    parse(text.as_bytes(), &key.to_string()).map(Some)
}

/// What the controller of a cluster has published of a release group there.
pub(crate) async fn published(
    client: &Client,
    namespace: &str,
    group: &str,
) -> Result<Option<String>, Error> {
    let name = Beacon::config_map(group);
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let map = api.get_opt(&name).await.map_err(|source| Error::Read {
        key: Box::new(ObjectKey::new(Kind::CONFIG_MAP, namespace, &name)),
        source: Box::new(source),
    })?;
    Ok(map.and_then(|map| map.data?.remove(Beacon::KEY)))
}

fn parse(text: &[u8], place: &str) -> Result<Beacon, PeerError> {
    serde_json::from_slice(text)
        .map_err(|error| PeerError::Malformed { place: place.to_owned(), problem: error.to_string() })
}
