//! Values of Secrets for analysis arguments and for metric providers.

use std::collections::BTreeMap;

use crd::SecretKeyRef;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use metric_providers::{Credentials, Wanted};

/// Reads the values of Secrets. They are read when they are needed and kept nowhere.
#[derive(Clone)]
pub(crate) struct Secrets {
    client: Client,
    /// The controller's own namespace.
    home: String,
}

impl Secrets {
    pub(crate) fn new(client: Client, home: String) -> Self {
        Self { client, home }
    }

    /// What a provider must show, or nothing: the provider says what is missing.
    pub(crate) async fn credentials(&self, namespace: &str, wanted: &Wanted) -> Credentials {
        let variables: Option<Vec<_>> = wanted
            .variables
            .iter()
            .map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
            .collect();
        if let Some(found) = variables.filter(|found| !found.is_empty()) {
            return found.into_iter().collect();
        }
        let namespace = if wanted.namespaced { namespace } else { &self.home };
        let api: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        match api.get(&wanted.secret).await {
            Ok(secret) => {
                let data = secret.data.unwrap_or_default().into_iter();
                data.filter_map(|(key, value)| Some((key, String::from_utf8(value.0).ok()?))).collect()
            }
            Err(error) => {
                let name = &wanted.secret;
                tracing::debug!(%namespace, %name, %error, "a provider's credentials could not be read");
                Credentials::default()
            }
        }
    }

    /// The values of the given keys in `namespace`. The error says which Secret or key is missing, never a value.
    pub(crate) async fn read(
        &self,
        namespace: &str,
        references: impl IntoIterator<Item = SecretKeyRef>,
    ) -> Result<BTreeMap<SecretKeyRef, String>, String> {
        let api: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
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
