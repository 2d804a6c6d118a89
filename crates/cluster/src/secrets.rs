//! Values of Secrets for analysis arguments.

use std::collections::BTreeMap;

use crd::SecretKeyRef;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};

/// Reads the values of Secrets. They are read when they are needed and kept nowhere.
#[derive(Clone)]
pub(crate) struct Secrets(Client);

impl Secrets {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    /// The values of the given keys in `namespace`. The error says which Secret or key is missing, never a value.
    pub(crate) async fn read(
        &self,
        namespace: &str,
        references: impl IntoIterator<Item = SecretKeyRef>,
    ) -> Result<BTreeMap<SecretKeyRef, String>, String> {
        let api: Api<Secret> = Api::namespaced(self.0.clone(), namespace);
        let mut values = BTreeMap::new();
        for reference in references {
            let SecretKeyRef { name, key } = &reference;
            let secret = api.get(name).await.map_err(|error| match error {
                kube::Error::Api(status) if status.is_not_found() => format!("secrets \"{name}\" not found"),
                other => format!("cannot read Secret {namespace}/{name}: {other}"),
            })?;
            let value = secret.data.and_then(|mut data| data.remove(key));
            let value = value.ok_or_else(|| format!("key '{key}' does not exist in secret '{name}'"))?;
            let text = String::from_utf8(value.0);
            let text = text.map_err(|_| format!("key '{key}' in secret '{name}' is not text"))?;
            values.insert(reference, text);
        }
        Ok(values)
    }
}
