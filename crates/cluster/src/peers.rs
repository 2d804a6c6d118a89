//! The clusters of the other regions.

use std::collections::BTreeMap;

use crd::{Beacon, Kind, ObjectKey, names};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::ListParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use parking_lot::Mutex;

use crate::error::Error;

/// Key in a peer's Secret.
const KUBECONFIG: &str = "kubeconfig";

/// The clusters of the other regions: those that were given at start, and those found in Secrets labelled
/// `aviary.dev/region: <region>` in the controller's namespace, which hold a `kubeconfig`.
pub(crate) struct Peers {
    own: Client,
    namespace: String,
    known: Mutex<BTreeMap<String, Client>>,
}

/// Why a peer's beacon could not be read. Nothing of the kubeconfig is repeated: it holds credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    #[error(
        "no cluster is known for region {region:?}; start the controller with --peer {region}=KUBECONFIG, or add a \
         Secret labelled {}={region} with the key {KUBECONFIG:?} to namespace {namespace}",
        names::REGION
    )]
    Unknown { region: String, namespace: String },
    #[error("Secret {namespace}/{name} for region {region:?}: {problem}")]
    Secret { region: String, namespace: String, name: String, problem: String },
    #[error("{0}")]
    Read(#[from] Error),
    #[error("the beacon in {key} is malformed ({problem}); it is written anew by that region's controller")]
    Malformed { key: ObjectKey, problem: String },
}

impl Peers {
    pub(crate) fn new(own: Client, namespace: String, known: BTreeMap<String, Client>) -> Self {
        Self { own, namespace, known: Mutex::new(known) }
    }

    /// The beacon of a release group in another region; `None` when that region has none yet.
    pub(crate) async fn beacon(
        &self,
        region: &str,
        namespace: &str,
        group: &str,
    ) -> Result<Option<Beacon>, PeerError> {
        let client = self.client(region).await?;
        let name = Beacon::config_map(group);
        let key = ObjectKey::new(Kind::CONFIG_MAP, namespace, &name);
        let api: Api<ConfigMap> = Api::namespaced(client, namespace);
        let read = api.get_opt(&name).await;
        let map =
            read.map_err(|source| Error::Read { key: Box::new(key.clone()), source: Box::new(source) })?;
        let Some(text) = map.and_then(|map| map.data?.remove(Beacon::KEY)) else { return Ok(None) };
        let parsed = serde_json::from_str(&text);
        parsed.map(Some).map_err(|error| PeerError::Malformed { key, problem: error.to_string() })
    }

    async fn client(&self, region: &str) -> Result<Client, PeerError> {
        if let Some(client) = self.known.lock().get(region) {
            return Ok(client.clone());
        }
        let client = self.by_secret(region).await?;
        self.known.lock().insert(region.to_owned(), client.clone());
        Ok(client)
    }

    async fn by_secret(&self, region: &str) -> Result<Client, PeerError> {
        let unknown = || PeerError::Unknown { region: region.to_owned(), namespace: self.namespace.clone() };
        let api: Api<Secret> = Api::namespaced(self.own.clone(), &self.namespace);
        let labels = ListParams::default().labels(&format!("{}={region}", names::REGION));
        let key = ObjectKey::new(Kind::SECRET, &self.namespace, format!("for region {region}"));
        let found = api
            .list(&labels)
            .await
            .map_err(|source| Error::Read { key: Box::new(key), source: Box::new(source) })?;
        let secret = found.items.into_iter().next().ok_or_else(unknown)?;
        let name = secret.metadata.name.unwrap_or_default();
        let problem = |problem: &str| PeerError::Secret {
            region: region.to_owned(),
            namespace: self.namespace.clone(),
            name: name.clone(),
            problem: problem.to_owned(),
        };
        let bytes = secret
            .data
            .and_then(|mut data| data.remove(KUBECONFIG))
            .ok_or_else(|| problem("it has no key \"kubeconfig\""))?;
        let text = String::from_utf8(bytes.0).map_err(|_| problem("its kubeconfig is not text"))?;
        let file = Kubeconfig::from_yaml(&text).map_err(|_| problem("its kubeconfig is not a kubeconfig"))?;
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
        let config = config.map_err(|_| problem("its kubeconfig has no usable current context"))?;
        Client::try_from(config).map_err(|_| problem("no client could be made of its kubeconfig"))
    }
}
