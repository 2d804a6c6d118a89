//! Following objects as they change.

use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};
use kube::Api;
use kube::core::DynamicObject;
use kube::runtime::{WatchStreamExt as _, reflector, watcher};
use serde_json::Value as Json;

use crate::Cluster;
use crate::resource::Resource;

/// Objects of some kinds as they are now, kept up to date while the changes are waited for.
pub(crate) struct Mirror {
    stores: Vec<(Resource, reflector::Store<DynamicObject>)>,
    changes: BoxStream<'static, ()>,
}

impl Mirror {
    /// Follows all objects of the kinds in the cluster's namespace.
    pub(crate) fn of(cluster: &Cluster, resources: &[Resource]) -> Self {
        let mut streams = Vec::new();
        let mut stores = Vec::new();
        for resource in resources {
            let kind = resource.for_kube();
            let api: Api<DynamicObject> =
                Api::namespaced_with(cluster.client.clone(), &cluster.namespace, &kind);
            let writer = reflector::store::Writer::new(kind);
            stores.push((*resource, writer.as_reader()));
            let events = watcher(api, watcher::Config::default()).default_backoff();
            // An error is no change; the watcher tries again by itself.
            let changes =
                reflector(writer, events).filter_map(|event| std::future::ready(event.ok().map(|_| ())));
            streams.push(changes.boxed());
        }
        Self { stores, changes: futures::stream::select_all(streams).boxed() }
    }

    /// Waits for the next change of anything.
    pub(crate) async fn changed(&mut self) {
        if self.changes.next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether all kinds have been read once.
    pub(crate) fn complete(&self) -> bool {
        use futures::FutureExt as _;
        self.stores.iter().all(|(_, store)| store.wait_until_ready().now_or_never().is_some())
    }

    /// All objects of one kind.
    pub(crate) fn all(&self, resource: Resource) -> Vec<Json> {
        let stores = self.stores.iter().filter(|(kind, _)| *kind == resource);
        let objects = stores.flat_map(|(_, store)| store.state());
        objects.filter_map(|object| serde_json::to_value(object.as_ref()).ok()).collect()
    }
}

/// Every state of the objects that a watch tells of, beginning with the present one.
pub(crate) fn states(
    cluster: &Cluster,
    resource: Resource,
    namespace: Option<&str>,
    fields: Option<String>,
) -> impl Stream<Item = Result<Json, watcher::Error>> + Send + use<> {
    let (client, kind) = (cluster.client.clone(), resource.for_kube());
    let api: Api<DynamicObject> = match namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &kind),
        None => Api::all_with(client, &kind),
    };
    let config = watcher::Config { field_selector: fields, ..watcher::Config::default() };
    let objects = watcher(api, config).default_backoff().applied_objects();
    objects.filter_map(|object| {
        std::future::ready(match object {
            Ok(object) => serde_json::to_value(object).ok().map(Ok),
            Err(error) => Some(Err(error)),
        })
    })
}
