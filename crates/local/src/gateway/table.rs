//! What the gateway does with requests, as data: made anew from the cluster's objects at every change.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crd::names::POD_TEMPLATE_HASH;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::ResourceExt;
use parking_lot::Mutex;

use super::balance::Balance;
use super::matching::{Asked, closeness};
use super::route::{BackendRef, Match, RouteSpec};
use crate::node;

/// Namespace and name of a Service.
pub(crate) type ServiceKey = (String, String);

/// What the gateway does with requests.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rules: Vec<TableRule>,
    services: BTreeMap<ServiceKey, Arc<Endpoints>>,
}

/// One rule of one route.
#[derive(Debug)]
pub(crate) struct TableRule {
    /// Uid of the route and index of the rule: what keeps its balance over changes that are not of its weights.
    id: (String, usize),
    hostnames: Vec<String>,
    matches: Vec<Match>,
    pub(crate) backends: Vec<ServiceKey>,
    pub(crate) balance: Arc<Mutex<Balance>>,
}

/// The pods that a Service can send to now.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    pub(crate) endpoints: Vec<Endpoint>,
    next: AtomicUsize,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    /// Its pod-template hash; empty when nothing made it from a template.
    pub(crate) hash: String,
}

/// One HTTPRoute that is accepted.
#[derive(Clone, Debug)]
pub(crate) struct RouteObject {
    pub(crate) uid: String,
    pub(crate) namespace: String,
    pub(crate) spec: RouteSpec,
}

impl Table {
    /// What these objects ask for. Balances go on where the weights are those of `before`.
    pub(crate) fn new(
        routes: &[RouteObject],
        services: &[Arc<Service>],
        pods: &[Arc<Pod>],
        before: &Self,
    ) -> Self {
        let endpoints = |service: &Arc<Service>| {
            let key = (service.namespace().unwrap_or_default(), service.name_any());
            let found = Arc::new(Endpoints::of(service, pods, before.services.get(&key)));
            (key, found)
        };
        let rules = routes.iter().flat_map(|route| {
            let rules = route.spec.rules.iter().enumerate();
            rules.map(|(index, rule)| {
                let key = |backend: &BackendRef| {
                    let namespace =
                        if backend.namespace.is_empty() { &route.namespace } else { &backend.namespace };
                    (namespace.clone(), backend.name.clone())
                };
                let balance = Balance::new(rule.backend_refs.iter().map(|backend| backend.weight));
                let (id, backends) =
                    ((route.uid.clone(), index), rule.backend_refs.iter().map(key).collect());
                TableRule {
                    balance: before.balance(&id, &backends, balance),
                    id,
                    hostnames: route.spec.hostnames.clone(),
                    matches: rule.matches.clone(),
                    backends,
                }
            })
        });
        Self { rules: rules.collect(), services: services.iter().map(endpoints).collect() }
    }

    fn balance(&self, id: &(String, usize), backends: &Vec<ServiceKey>, new: Balance) -> Arc<Mutex<Balance>> {
        let known = self.rules.iter().find(|rule| rule.id == *id && rule.backends == *backends);
        match known.filter(|known| known.balance.lock().same_weights(&new)) {
            Some(known) => Arc::clone(&known.balance),
            None => Arc::new(Mutex::new(new)),
        }
    }

    /// The rule that a request belongs to; of equals, the first.
    pub(crate) fn rule(&self, asked: Asked<'_>) -> Option<&TableRule> {
        let mut best = None;
        for rule in &self.rules {
            let close = closeness(&rule.hostnames, &rule.matches, asked);
            if let Some(close) = close.filter(|close| best.is_none_or(|(most, _)| *close > most)) {
                best = Some((close, rule));
            }
        }
        best.map(|(_, rule)| rule)
    }

    pub(crate) fn service(&self, namespace: &str, name: &str) -> Option<&Arc<Endpoints>> {
        self.services.get(&(namespace.to_owned(), name.to_owned()))
    }
}

impl Endpoints {
    fn of(service: &Service, pods: &[Arc<Pod>], before: Option<&Arc<Self>>) -> Self {
        let selector = service.spec.as_ref().and_then(|spec| spec.selector.clone()).unwrap_or_default();
        let selected = |pod: &&Arc<Pod>| {
            // A Service without a selector selects nothing.
            !selector.is_empty()
                && pod.namespace() == service.namespace()
                && selector.iter().all(|(key, value)| pod.labels().get(key) == Some(value))
                && available(pod)
        };
        let endpoint = |pod: &Arc<Pod>| {
            let hash = pod.labels().get(POD_TEMPLATE_HASH).cloned().unwrap_or_default();
            Some(Endpoint { address: node::address(pod)?, hash })
        };
        let mut endpoints: Vec<Endpoint> = pods.iter().filter(selected).filter_map(endpoint).collect();
        endpoints.sort_by_key(|endpoint| endpoint.address);
        let next = AtomicUsize::new(before.map_or(0, |before| before.next.load(Ordering::Relaxed)));
        Self { endpoints, next }
    }

    /// All of them, beginning with the one whose turn it is.
    pub(crate) fn turn(&self) -> impl Iterator<Item = &Endpoint> {
        let first = self.next.fetch_add(1, Ordering::Relaxed) % self.endpoints.len().max(1);
        self.endpoints.iter().cycle().skip(first).take(self.endpoints.len())
    }
}

/// Whether new requests may be sent to a pod.
fn available(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    pod.metadata.deletion_timestamp.is_none()
        && conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
