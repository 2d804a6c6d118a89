//! What there is to scrape: the pods that run, with the labels that their samples carry.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::runtime::reflector::Store;
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::node;
use crate::promql::Labels;
use crate::watch::{Tasks, follow};

/// The pods of a region as targets, kept up to date.
#[derive(Clone)]
pub(crate) struct Targets(Store<Pod>);

impl Targets {
    /// Begins to follow the pods behind `client`.
    pub(crate) fn follow(client: Client, tasks: &Tasks) -> Self {
        Self(follow(Api::all(client), (), Arc::new(Notify::new()), tasks))
    }

    /// Where each pod that runs serves its metrics.
    pub(crate) fn all(&self) -> BTreeMap<Labels, SocketAddr> {
        self.0.state().iter().filter_map(|pod| Some((labels(pod), node::metrics_address(pod)?))).collect()
    }

    /// The same as another Prometheus reads it (`http_sd_configs`).
    pub(crate) fn for_discovery(&self) -> Value {
        let group = |(labels, address): (&Labels, &SocketAddr)| {
            let labels: BTreeMap<_, _> = labels.iter().collect();
            json!({"targets": [address.to_string()], "labels": labels})
        };
        Value::Array(self.all().iter().map(group).collect())
    }
}

/// `namespace`, `pod`, and the pod's labels with everything but letters, digits and underscores replaced:
/// `rollouts-pod-template-hash` becomes `rollouts_pod_template_hash`.
fn labels(pod: &Pod) -> Labels {
    let plain = |key: &str| key.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let labels =
        pod.labels().iter().fold(Labels::default(), |labels, (key, value)| labels.with(plain(key), value));
    labels.with("namespace", pod.namespace().unwrap_or_default()).with("pod", pod.name_any())
}
