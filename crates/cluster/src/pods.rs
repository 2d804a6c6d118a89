//! The pods of a Rollout. They are read only for the few passes that look at them (restart, ephemeral metadata): a watch
//! on every pod of the cluster would cost more than all the rest together.

use std::sync::Arc;

use crd::{Kind, ObjectKey, Pod, Rollout};
use kube::api::{DynamicObject, ListParams};
use kube::{Api, Client};

use crate::error::Error;
use crate::reflect::resource;

/// The pods that the Rollout's selector matches.
pub(crate) async fn pods(client: &Client, rollout: &Rollout) -> Result<Vec<Arc<Pod>>, Error> {
    let namespace = &rollout.metadata.namespace;
    let selector = rollout.spec.selector.as_ref().map(selector_text).unwrap_or_default();
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource(&Kind::POD));
    let list = api.list(&ListParams::default().labels(&selector)).await.map_err(|source| Error::Read {
        key: Box::new(ObjectKey::new(Kind::POD, namespace.clone(), format!("with labels {selector}"))),
        source: Box::new(source),
    })?;
    let pods = list.items.into_iter().filter_map(|pod| serde_json::to_value(pod).ok());
    Ok(pods.filter_map(|pod| serde_json::from_value(pod).ok()).map(Arc::new).collect())
}

/// A selector in the text form of the API.
pub(crate) fn selector_text(selector: &crd::LabelSelector) -> String {
    let equal = selector.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
    let sets = selector.match_expressions.iter().map(|requirement| {
        let (key, values) = (&requirement.key, requirement.values.join(","));
        match requirement.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.clone(),
        }
    });
    equal.chain(sets).collect::<Vec<_>>().join(",")
}
