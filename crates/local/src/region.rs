//! A region: everything that a cluster in one place would be, in this process.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::ApiResource;
use world::World;

use crate::gateway::{Gateway, GatewayConfig};
use crate::node::{self, NodeConfig};
use crate::promql::Storage;
use crate::targets::Targets;
use crate::watch::Tasks;
use crate::{Pace, prometheus, scraper};

/// The custom resources of the Gateway API that the gateway reads.
const GATEWAY_API: &str = include_str!("region/gateway-api.yaml");

/// How a region is to be.
#[derive(Clone, Debug)]
pub struct RegionConfig {
    /// Its name, such as `us-east-1`.
    pub name: String,
    /// How much faster than real it lives.
    pub pace: Pace,
    /// Port of the API server; 0 takes a free one.
    pub api_port: u16,
    /// Port of the gateway; 0 takes a free one.
    pub gateway_port: u16,
    /// Port of the query endpoint; 0 takes a free one.
    pub prometheus_port: u16,
    /// How long an image takes to be pulled and started, as a duration of the manifests.
    pub start_delay: Duration,
    /// Time between two scrapes, as a duration of the manifests.
    pub scrape_interval: Duration,
    /// What is wrong with an image, by its tag.
    pub images: BTreeMap<String, rating::FaultPlan>,
    /// Hosts that the gateway answers for besides routes and Services; the region's own Prometheus is always
    /// `prometheus.monitoring.svc`.
    pub hosts: BTreeMap<String, SocketAddr>,
}

impl RegionConfig {
    /// A region of that name in real time, on free ports, in memory.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            pace: Pace::default(),
            api_port: 0,
            gateway_port: 0,
            prometheus_port: 0,
            start_delay: Duration::from_secs(2),
            scrape_interval: Duration::from_secs(15),
            images: BTreeMap::new(),
            hosts: BTreeMap::new(),
        }
    }
}

/// Why a region did not start.
#[derive(Debug, thiserror::Error)]
pub enum RegionError {
    /// A port is taken.
    #[error(
        "region {region}: cannot listen on 127.0.0.1:{port} for the {part}: {source}; choose another port, or 0 for a \
         free one"
    )]
    Listen {
        /// Which region.
        region: String,
        /// Which part of it.
        part: &'static str,
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its own API server refused something.
    #[error("region {region}: the API server refused {what}: {source}")]
    Api {
        /// Which region.
        region: String,
        /// What was asked.
        what: &'static str,
        /// What it said.
        source: Box<kube::Error>,
    },
}

/// A running region.
pub struct Region {
    name: String,
    api: apiserver::Server,
    listening: apiserver::Listening,
    gateway: Gateway,
    prometheus: SocketAddr,
    storage: Arc<Storage>,
    tasks: Tasks,
}

impl Region {
    /// Starts a region: API server with the Gateway API installed, node, gateway, scraper and query endpoint.
    pub async fn start(config: RegionConfig) -> Result<Self, RegionError> {
        let region = config.name.clone();
        let listen = |part, port| {
            let region = region.clone();
            move |source| RegionError::Listen { region, part, port, source }
        };
        let refused = |what| {
            let region = region.clone();
            move |source| RegionError::Api { region, what, source: Box::new(source) }
        };
        let tasks = Tasks::default();
        let options =
            apiserver::Options { world: World::with_seed(seed(&config.name)), ..Default::default() };
        let api = apiserver::Server::new(options).map_err(listen("API server", config.api_port))?;
        let listening =
            api.listen(loopback(config.api_port)).await.map_err(listen("API server", config.api_port))?;
        let client = Client::new(api.service(), "default");
        install(&client).await.map_err(refused("the Gateway API"))?;

        let storage = Arc::new(Storage::new(Duration::from_secs(6 * 3600)));
        let targets = Targets::follow(client.clone(), &tasks);
        let port = config.prometheus_port;
        let prometheus = prometheus::start(Arc::clone(&storage), targets.clone(), port, &tasks)
            .await
            .map_err(listen("query endpoint", port))?;
        let every = config.pace.real(config.scrape_interval);
        scraper::start(targets, Arc::clone(&storage), every, &tasks);

        let mut hosts = config.hosts.clone();
        hosts.insert("prometheus.monitoring.svc".to_owned(), prometheus);
        let settings = GatewayConfig { port: config.gateway_port, hosts };
        let gateway = Gateway::start(client.clone(), settings, &tasks)
            .await
            .map_err(listen("gateway", config.gateway_port))?;

        let node = NodeConfig {
            name: format!("node-{}", config.name),
            pace: config.pace,
            start_delay: config.start_delay,
            images: config.images,
            store: Arc::new(rating::MemoryStore::default()),
        };
        node::run(client, node, &tasks).await.map_err(refused("the node"))?;
        Ok(Self { name: config.name, api, listening, gateway, prometheus, storage, tasks })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its API server.
    pub fn api(&self) -> &apiserver::Server {
        &self.api
    }

    /// A client of its API server, without a socket.
    pub fn client(&self) -> Client {
        Client::new(self.api.service(), "default")
    }

    /// Where its API server listens.
    pub fn api_addr(&self) -> SocketAddr {
        self.listening.address()
    }

    /// A kubeconfig for it, as YAML.
    pub fn kubeconfig(&self) -> String {
        apiserver::kubeconfig(&self.name, self.api_addr())
    }

    /// Its gateway.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Where its gateway listens.
    pub fn gateway_addr(&self) -> SocketAddr {
        self.gateway.addr()
    }

    /// Where its Prometheus answers queries.
    pub fn prometheus_addr(&self) -> SocketAddr {
        self.prometheus
    }

    /// What its Prometheus knows.
    pub fn metrics(&self) -> &Storage {
        &self.storage
    }

    /// Drains every pod and ends everything.
    pub async fn shutdown(self) {
        self.tasks.end().await;
        self.listening.shutdown().await;
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Regions must not share uids, or one's beacons and owners would look like the other's.
fn seed(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

async fn install(client: &Client) -> kube::Result<()> {
    let definitions: Vec<DynamicObject> =
        crd::yaml::from_documents(GATEWAY_API).map_err(|error| kube::Error::Service(error.into()))?;
    let kind = ApiResource {
        group: "apiextensions.k8s.io".to_owned(),
        version: "v1".to_owned(),
        api_version: "apiextensions.k8s.io/v1".to_owned(),
        kind: "CustomResourceDefinition".to_owned(),
        plural: "customresourcedefinitions".to_owned(),
    };
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &kind);
    for definition in definitions {
        let name = definition.metadata.name.clone().unwrap_or_default();
        api.patch(&name, &PatchParams::apply("aviary-local").force(), &Patch::Apply(&definition)).await?;
    }
    Ok(())
}
