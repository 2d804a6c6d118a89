//! Where one request goes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::ledger::Seen;
use super::matching::Asked;
use super::table::{Endpoint, ServiceKey, Table};

/// What a listener is for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// The request's host decides.
    ByHost,
    /// One Service.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// Where one request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    /// The Service, for the ledger.
    pub(crate) service: String,
    pub(crate) seen: Seen,
    /// In the order in which they are tried.
    pub(crate) endpoints: Vec<Endpoint>,
}

/// Why a request goes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Missing {
    #[error("no HTTPRoute takes host {host:?} and path {path:?}")]
    Route { host: String, path: String },
    #[error("Service {0} does not exist")]
    Service(String),
    #[error("the HTTPRoute has no backend with a weight above 0")]
    Weight,
}

/// Decides. Routes are asked last: names of the cluster are never theirs.
pub(crate) fn of(
    target: &Target,
    table: &Table,
    hosts: &BTreeMap<String, SocketAddr>,
    asked: Asked<'_>,
) -> Result<Destination, Missing> {
    if let Target::Service { namespace, name } = target {
        return service(table, &(namespace.clone(), name.clone()), Seen::Directly);
    }
    if let Some(address) = hosts.get(asked.host) {
        let endpoint = Endpoint { address: *address, hash: String::new() };
        return Ok(Destination {
            service: asked.host.to_owned(),
            seen: Seen::Directly,
            endpoints: vec![endpoint],
        });
    }
    if let Some(key) = in_cluster(asked.host) {
        return service(table, &key, Seen::Directly);
    }
    let nowhere = || Missing::Route { host: asked.host.to_owned(), path: asked.path.to_owned() };
    let rule = table.rule(asked).ok_or_else(nowhere)?;
    let chosen = rule.balance.lock().choose().and_then(|index| rule.backends.get(index));
    service(table, chosen.ok_or(Missing::Weight)?, Seen::ByRoute)
}

fn service(table: &Table, (namespace, name): &ServiceKey, seen: Seen) -> Result<Destination, Missing> {
    let missing = || Missing::Service(format!("{namespace}/{name}"));
    let endpoints: &Arc<_> = table.service(namespace, name).ok_or_else(missing)?;
    Ok(Destination { service: name.clone(), seen, endpoints: endpoints.turn().cloned().collect() })
}

/// `shop.prod.svc` and `shop.prod.svc.cluster.local` are Service `shop` of namespace `prod`.
fn in_cluster(host: &str) -> Option<ServiceKey> {
    let (name, namespace) =
        host.strip_suffix(".cluster.local").unwrap_or(host).strip_suffix(".svc")?.split_once('.')?;
    (!namespace.contains('.')).then(|| (namespace.to_owned(), name.to_owned()))
}
