//! One control plane and one controller for all tests, started by the first that needs them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt as _;
use futures::stream::BoxStream;
use jiff::Timestamp;
use kube::api::{ApiResource, DynamicObject};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::watcher;
use kube::{Api, Client, Config};
use serde_json::Value;
use tokio::runtime::Runtime;
use xtask::control_plane::{ControlPlane, Extras, Level};

use super::log::Logs;
use super::{Entry, Kind, Process, gateway, text};

/// A control plane that is watched, with kwok for kubelets.
pub(crate) struct Stand {
    controller: Process,
    pub(crate) client: Client,
    pub(crate) logs: Arc<Logs>,
    pub(crate) runtime: Runtime,
    pub(crate) plane: ControlPlane,
    namespaces: AtomicUsize,
}

/// The repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Our definitions of the resources.
pub(crate) fn definitions() -> PathBuf {
    root().join("fixtures/crds")
}

impl Stand {
    /// Starts everything; `None`, and said so, where the programs are absent.
    pub(crate) fn start(test: &str, definitions: &Path) -> Option<Self> {
        let gateways = root().join("crates/local/src/region/gateway-api.yaml");
        let programs = ControlPlane::available(test)?;
        let (manifests, extras) =
            ([definitions.to_owned(), gateways], Extras { audit: true, pace: Some(500) });
        let plane = ControlPlane::start_with(&programs, Level::Pods, &manifests, &extras).unwrap();
        let runtime = Runtime::new().unwrap();
        let client = runtime.block_on(client(&plane.kubeconfig()));
        let logs = Arc::new(Logs::default());
        for kind in Kind::RECORDED {
            runtime.spawn(record(client.clone(), *kind, Arc::clone(&logs)));
        }
        runtime.spawn(gateway::play(client.clone()));
        let controller = Process::start(&plane.kubeconfig(), "controller", &[]);
        Some(Self { controller, client, logs, runtime, plane, namespaces: AtomicUsize::new(0) })
    }

    /// A name that no other namespace has.
    pub(crate) fn namespace(&self, test: &str) -> String {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed);
        let words: String = test.rsplit("::").next().unwrap_or(test).chars().take(40).collect();
        format!("{}-{number}", words.replace('_', "-").trim_end_matches('-'))
    }

    /// What is wrong with the controller that served all tests.
    pub(crate) fn complaint(&mut self) -> Option<String> {
        self.controller.complaint()
    }
}

/// A client of the cluster that a kubeconfig names.
pub(crate) async fn client(kubeconfig: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
    // A refusal is an answer.
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// Writes every change of a kind into the record of its namespace.
async fn record(client: Client, kind: Kind, logs: Arc<Logs>) {
    let mut events = watch(client, kind);
    while let Some((object, gone)) = events.next().await {
        let Some(log) = logs.of(text(&object["metadata"]["namespace"])) else { continue };
        let name = text(&object["metadata"]["name"]).to_owned();
        log.push(Entry { at: Timestamp::now(), kind, name, object: Arc::new(object), gone });
    }
}

/// Every change of the objects of a kind: the object, and whether this is its end.
pub(crate) fn watch(client: Client, kind: Kind) -> BoxStream<'static, (Value, bool)> {
    let (group, version) = kind.api_version().split_once('/').unwrap_or(("", kind.api_version()));
    let resource = ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: kind.api_version().to_owned(),
        kind: kind.singular.to_owned(),
        plural: kind.plural.to_owned(),
    };
    let api: Api<DynamicObject> = Api::all_with(client, &resource);
    // A watch that ends goes on where it ended; errors are tried again.
    let events = watcher(api, watcher::Config::default()).filter_map(async |event| {
        let (mut object, gone) = match event {
            Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => (object, false),
            Ok(watcher::Event::Delete(object)) => (object, true),
            _ => return None,
        };
        object.metadata.managed_fields = None;
        Some((serde_json::to_value(object).unwrap(), gone))
    });
    events.boxed()
}
