//! One region of the demo: its servers, its controller, and its clients.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use local::{Region, RegionConfig};
use serde_json::Value as Json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::load::Load;
use super::manifests::{self, Surroundings};
use super::{Addresses, NAMESPACE, Options, Ports, RELEASES};
use crate::{Cluster, Error};

/// Who applies the manifests.
const MANAGER: &str = "aviary-demo";
/// How many decisions of each Rollout are kept.
const DECISIONS: usize = 200;

/// Servers that run, and objects that are applied; nobody looks after the Rollout yet.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) cluster: Cluster,
    pub(crate) load: Load,
    region: Region,
    controller: Option<(CancellationToken, JoinHandle<cluster::Ended>)>,
}

impl Place {
    /// Starts the servers of the region and applies its manifests.
    pub(crate) async fn open(name: &'static str, ports: Ports, options: &Options) -> Result<Self, Error> {
        let region = Region::start(config(name, ports, options)).await;
        let region = region.map_err(|error| Error::new(error.to_string()))?;
        let canary = region.gateway().expose(NAMESPACE, "openclaw-rating-api-canary").await;
        let canary = canary.map_err(|error| Error::new(format!("region {name}: {error}")))?;
        let own = format!("http://{}", region.prometheus_addr());
        let surroundings = Surroundings {
            region: name,
            pace: options.pace,
            prometheus: options.prometheus.as_deref().unwrap_or(&own),
            canary,
        };
        let client = region.client();
        for object in crd::manifests().into_iter().chain(manifests::of(&surroundings)?) {
            apply(&client, &object).await?;
        }
        let load = Load::start(name, region.gateway_addr(), options.rate)?;
        let cluster = Cluster { client, namespace: NAMESPACE.to_owned() };
        Ok(Self { name, cluster, load, region, controller: None })
    }

    /// Starts its controller, which hears the other regions over their API servers' sockets.
    pub(crate) async fn control(&mut self, peers: BTreeMap<String, Client>) -> Result<(), Error> {
        let settings = cluster::Settings {
            region: self.name.to_owned(),
            peers,
            // For `history` and `replay`, when the regions are kept.
            decision_journal: NonZeroUsize::new(DECISIONS),
            ..Default::default()
        };
        let controller = cluster::Controller::new(self.cluster.client.clone(), settings).await;
        let controller = controller.map_err(|error| Error::new(format!("region {}: {error}", self.name)))?;
        let stop = CancellationToken::new();
        let running = tokio::spawn(controller.run(stop.clone()));
        self.controller = Some((stop, running));
        Ok(())
    }

    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            api: self.region.api_addr(),
            gateway: self.region.gateway_addr(),
            prometheus: self.region.prometheus_addr(),
        }
    }

    pub(crate) fn kubeconfig(&self) -> String {
        self.region.kubeconfig()
    }

    /// A client of its API server over the network, as another region has it.
    pub(crate) fn remote_client(&self) -> Result<Client, Error> {
        let uri = format!("http://{}", self.region.api_addr()).parse();
        let uri = uri.map_err(|error| Error::new(format!("region {}: {error}", self.name)))?;
        Client::try_from(Config::new(uri))
            .map_err(|error| Error::new(format!("region {}: {error}", self.name)))
    }

    /// Clients first, so that none is failed by the end of the demo.
    pub(crate) async fn close(self) {
        self.load.stop().await;
        if let Some((stop, running)) = self.controller {
            stop.cancel();
            // A controller that panicked has said so.
            let _ended = running.await;
        }
        self.region.shutdown().await;
    }
}

fn config(name: &str, ports: Ports, options: &Options) -> RegionConfig {
    let images = RELEASES.iter().map(|release| (release.version.to_owned(), (release.faults)(name)));
    RegionConfig {
        pace: local::Pace::new(options.pace.factor()),
        api_port: ports.api,
        gateway_port: ports.gateway,
        prometheus_port: ports.prometheus,
        images: images.collect(),
        ..RegionConfig::new(name)
    }
}

async fn apply(client: &Client, object: &Json) -> Result<(), Error> {
    let what = || {
        let text = |pointer| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
        format!("{} {}", text("/kind"), text("/metadata/name"))
    };
    let object: DynamicObject =
        serde_json::from_value(object.clone()).map_err(|error| Error::new(format!("{}: {error}", what())))?;
    let kind = object.types.as_ref().and_then(|types| GroupVersionKind::try_from(types).ok());
    let kind = ApiResource::from_gvk(&kind.ok_or_else(|| Error::new(format!("{} has no kind", what())))?);
    let api: Api<DynamicObject> = match &object.metadata.namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &kind),
        None => Api::all_with(client.clone(), &kind),
    };
    let name = object.metadata.name.clone().unwrap_or_default();
    let applied = api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&object)).await;
    applied.map(|_| ()).map_err(|error| Error::new(format!("applying {}: {error}", what())))
}
