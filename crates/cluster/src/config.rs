//! The ConfigMap `argo-rollouts-config`, as far as it concerns what we serve (spec controller-binary 3).
//!
//! The peer runs plugins as processes of their own, and this ConfigMap says where their programs are. We run those that
//! measure, if they are in a file of this machine and have the digest that is written down; steps and routers that we serve
//! are built in. Of the ConfigMap we take these, and which step plugins are disabled, and we say which plugins it names that
//! nobody runs here. It is read anew when it changes.

mod item;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client};

use metric_providers::{Limits, PluginSettings, Plugins};

use item::Item;
pub use item::Problem;
pub(crate) use watch::follow;

/// Name of the ConfigMap, in the controller's own namespace.
pub(crate) const NAME: &str = "argo-rollouts-config";

/// Keys of the ConfigMap, and what the plugins are that they list.
const KEYS: [(&str, &str); 3] = [
    ("metricProviderPlugins", "metric provider"),
    ("stepPlugins", "canary step"),
    ("trafficRouterPlugins", "traffic router"),
];

/// What the ConfigMap says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// Step plugins whose steps are passed over.
    pub(crate) disabled_steps: BTreeSet<String>,
    /// Programs that measure.
    pub(crate) metric_plugins: Vec<PluginSettings>,
    /// Plugins that it names and nobody runs here: key, sort and name.
    pub(crate) unserved: Vec<(&'static str, &'static str, String)>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read ConfigMap {namespace}/{NAME}: {problem}")]
    Read {
        /// Where it is looked for.
        namespace: String,
        /// What happened.
        problem: String,
    },
    /// It says what cannot be.
    #[error("ConfigMap {namespace}/{NAME}: {problem}")]
    Malformed {
        /// Where it is.
        namespace: String,
        /// What is wrong, and where in it.
        problem: Problem,
    },
}

impl Config {
    /// Reads the ConfigMap of `namespace`; one that is not there says nothing. One that we may not read says nothing
    /// either, with a warning: without it no Rollout is treated worse than refused.
    pub(crate) async fn read(client: Client, namespace: &str) -> Result<Self, ConfigError> {
        let api: Api<ConfigMap> = Api::namespaced(client, namespace);
        let namespace = namespace.to_owned();
        match api.get_opt(NAME).await {
            Ok(map) => Self::of(map.as_ref(), &namespace),
            Err(kube::Error::Api(status)) if status.code == 403 => {
                tracing::warn!(%namespace, name = NAME, "may not read the ConfigMap; going on as if there were none");
                Ok(Self::default())
            }
            Err(error) => {
                let problem = crate::error::innermost(&error);
                Err(ConfigError::Read { namespace, problem })
            }
        }
    }

    fn of(map: Option<&ConfigMap>, namespace: &str) -> Result<Self, ConfigError> {
        let Some(data) = map.and_then(|map| map.data.as_ref()) else { return Ok(Self::default()) };
        Self::parse(data)
            .map_err(|problem| ConfigError::Malformed { namespace: namespace.to_owned(), problem })
    }

    /// Reads the data of the ConfigMap.
    fn parse(data: &BTreeMap<String, String>) -> Result<Self, Problem> {
        let mut config = Self::default();
        for (key, sort) in KEYS {
            for item in Item::list(key, data.get(key).map_or("", String::as_str))? {
                if item.disabled && key == "stepPlugins" {
                    config.disabled_steps.insert(item.name);
                } else if key == "metricProviderPlugins" && item.is_a_local_program() {
                    let Item { name, location, sha256, args, disabled: _ } = item;
                    config.metric_plugins.push(PluginSettings { name, location, sha256, args });
                } else if !rollout::serves_plugin(&item.name) {
                    config.unserved.push((key, sort, item.name));
                }
            }
        }
        Ok(config)
    }

    /// The programs that measure, none of them started yet.
    pub(crate) fn plugins(&self) -> Plugins {
        Plugins::new(self.metric_plugins.clone(), Limits::default())
    }

    /// Says which plugins nobody runs here.
    pub(crate) fn say_what_is_unserved(&self) {
        for (key, sort, name) in &self.unserved {
            tracing::warn!(
                key, plugin = %name,
                "the {sort} plugin is not run: this controller starts metric providers alone, from a file:// with its \
                 sha256; what refers to it is refused"
            );
        }
    }
}

#[cfg(test)]
mod tests;
