//! The environment of a container, out of its pod, ConfigMaps and Secrets.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Container, EnvVar, Pod, Secret};
use kube::{Api, Client, ResourceExt};

use super::Shared;
use super::container::Failure;

type Variables = BTreeMap<String, String>;

/// Resolves `env` over `envFrom`. What is missing keeps the container from starting unless it is optional.
pub(super) async fn of(shared: &Shared, pod: &Pod, container: &Container) -> Result<Variables, Failure> {
    let sources = Sources { client: shared.client.clone(), namespace: pod.namespace().unwrap_or_default() };
    let mut variables = Variables::new();
    for from in container.env_from.iter().flatten() {
        let prefix = from.prefix.as_deref().unwrap_or_default();
        let all = if let Some(source) = &from.secret_ref {
            sources.secret(&source.name, source.optional).await?
        } else if let Some(source) = &from.config_map_ref {
            sources.config_map(&source.name, source.optional).await?
        } else {
            Variables::new()
        };
        variables.extend(all.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)));
    }
    for variable in container.env.iter().flatten() {
        if let Some(value) = sources.value(variable, pod).await? {
            variables.insert(variable.name.clone(), value);
        }
    }
    Ok(variables)
}

struct Sources {
    client: Client,
    namespace: String,
}

impl Sources {
    async fn value(&self, variable: &EnvVar, pod: &Pod) -> Result<Option<String>, Failure> {
        let Some(from) = &variable.value_from else { return Ok(variable.value.clone()) };
        if let Some(field) = &from.field_ref {
            return Ok(field_of(pod, &field.field_path));
        }
        let (mut all, kind, name, key, optional) = if let Some(source) = &from.secret_key_ref {
            (
                self.secret(&source.name, source.optional).await?,
                "Secret",
                &source.name,
                &source.key,
                source.optional,
            )
        } else if let Some(source) = &from.config_map_key_ref {
            (
                self.config_map(&source.name, source.optional).await?,
                "ConfigMap",
                &source.name,
                &source.key,
                source.optional,
            )
        } else {
            return Ok(None);
        };
        match all.remove(key) {
            None if optional != Some(true) => {
                Err(missing(format!("couldn't find key {key} in {kind} {}/{name}", self.namespace)))
            }
            value => Ok(value),
        }
    }

    async fn secret(&self, name: &str, optional: Option<bool>) -> Result<Variables, Failure> {
        let api: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let secret = self.found("secret", name, optional, api.get_opt(name).await)?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let data = secret.and_then(|secret| secret.data).unwrap_or_default();
        Ok(data.into_iter().map(|(key, value)| (key, text(value.0))).collect())
    }

    async fn config_map(&self, name: &str, optional: Option<bool>) -> Result<Variables, Failure> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let map = self.found("configmap", name, optional, api.get_opt(name).await)?;
        Ok(map.and_then(|map| map.data).unwrap_or_default())
    }

    fn found<T>(
        &self,
        kind: &str,
        name: &str,
        optional: Option<bool>,
        answer: kube::Result<Option<T>>,
    ) -> Result<Option<T>, Failure> {
        match answer {
            Ok(None) if optional != Some(true) => Err(missing(format!("{kind} \"{name}\" not found"))),
            Ok(found) => Ok(found),
            Err(error) => Err(missing(format!("{kind} {}/{name}: {error}", self.namespace))),
        }
    }
}

fn missing(message: String) -> Failure {
    Failure { reason: "CreateContainerConfigError", message }
}

/// The fields that pods ask for in practice.
fn field_of(pod: &Pod, path: &str) -> Option<String> {
    match path {
        "metadata.name" => pod.metadata.name.clone(),
        "metadata.namespace" => pod.metadata.namespace.clone(),
        "metadata.uid" => pod.metadata.uid.clone(),
        "status.podIP" => Some("127.0.0.1".to_owned()),
        _ => {
            let label = path.strip_prefix("metadata.labels['")?.strip_suffix("']")?;
            pod.labels().get(label).cloned()
        }
    }
}
