//! Keeping the gateway's table true to the cluster, and telling the cluster once it is.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{ApiResource, DynamicObject};
use kube::runtime::reflector::Store;
use kube::{Api, Client, ResourceExt};
use parking_lot::RwLock;
use tokio::sync::Notify;

use super::accepted;
use super::route::RouteSpec;
use super::table::{RouteObject, Table};
use crate::watch::{Tasks, follow};

/// The `controllerName` that this gateway signs route statuses with.
pub const CONTROLLER: &str = "aviary.dev/local-gateway";

/// The kind of routes that are followed.
pub(crate) fn http_routes() -> ApiResource {
    ApiResource {
        group: "gateway.networking.k8s.io".to_owned(),
        version: "v1".to_owned(),
        api_version: "gateway.networking.k8s.io/v1".to_owned(),
        kind: "HTTPRoute".to_owned(),
        plural: "httproutes".to_owned(),
    }
}

struct Follower {
    client: Client,
    table: Arc<RwLock<Arc<Table>>>,
    routes: Store<DynamicObject>,
    services: Store<Service>,
    pods: Store<Pod>,
}

/// Begins to follow the cluster behind `client`.
pub(crate) fn start(client: Client, table: Arc<RwLock<Arc<Table>>>, tasks: &Tasks) {
    let changed = Arc::new(Notify::new());
    let kind = http_routes();
    let follower = Follower {
        table,
        routes: follow(Api::all_with(client.clone(), &kind), kind, Arc::clone(&changed), tasks),
        services: follow(Api::all(client.clone()), (), Arc::clone(&changed), tasks),
        pods: follow(Api::all(client.clone()), (), Arc::clone(&changed), tasks),
        client,
    };
    tasks.spawn(async move {
        loop {
            changed.notified().await;
            follower.take_over().await;
        }
    });
}

impl Follower {
    /// First the table, then the statuses: a route says that it is accepted when requests are sent by it.
    async fn take_over(&self) {
        let mut objects = self.routes.state();
        objects.sort_by_key(|route| (route.creation_timestamp(), route.namespace(), route.name_any()));
        let routes: Vec<(Arc<DynamicObject>, RouteSpec)> = objects.into_iter().filter_map(read).collect();
        let taken: Vec<RouteObject> = routes
            .iter()
            .filter(|(_, spec)| spec.unsupported().is_none())
            .map(|(o, spec)| row(o, spec))
            .collect();
        let services = self.services.state();
        let before = Arc::clone(&self.table.read());
        *self.table.write() = Arc::new(Table::new(&taken, &services, &self.pods.state(), &before));
        for (route, spec) in &routes {
            if let Err(error) = accepted::publish(&self.client, route, spec, &services).await {
                tracing::warn!(%error, route = route.name_any(), "writing the status of a route");
            }
        }
    }
}

fn read(route: Arc<DynamicObject>) -> Option<(Arc<DynamicObject>, RouteSpec)> {
    match serde_json::from_value(route.data.get("spec").cloned().unwrap_or_default()) {
        Ok(spec) => Some((route, spec)),
        Err(error) => {
            tracing::warn!(%error, route = route.name_any(), "a route that cannot be read is left out");
            None
        }
    }
}

fn row(route: &DynamicObject, spec: &RouteSpec) -> RouteObject {
    RouteObject {
        uid: route.uid().unwrap_or_default(),
        namespace: route.namespace().unwrap_or_default(),
        spec: spec.clone(),
    }
}
