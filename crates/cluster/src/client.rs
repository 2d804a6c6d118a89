//! Connecting to a cluster: kubeconfig or in-cluster, with errors that say what to do.

mod overrides;

use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::error::first_line;
pub use overrides::Overrides;

/// How to find the cluster.
#[derive(Clone, Default)]
pub struct Connection {
    /// Path of a kubeconfig; else `$KUBECONFIG`, `~/.kube/config`, or the pod's service account.
    pub kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig; else its current one.
    pub context: Option<String>,
    /// Namespace; else the context's.
    pub namespace: Option<String>,
    /// What is said over all that.
    pub overrides: Overrides,
}

/// Why a cluster could not be found.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file is missing, unreadable or not a kubeconfig.
    #[error("cannot use kubeconfig {path}: {reason}; check the path given by --kubeconfig or $KUBECONFIG")]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The context is not in the file, or refers to something that is not.
    #[error("cannot use context {context:?} of the kubeconfig: {reason}; known contexts: {known}")]
    Context {
        /// The context.
        context: String,
        /// What is wrong.
        reason: String,
        /// Contexts that exist.
        known: String,
    },
    /// A flag gives an address that is none.
    #[error("cannot use {flag} {value:?}: {problem}; write an address such as https://10.0.0.1:6443")]
    Address {
        /// The flag.
        flag: &'static str,
        /// What it says.
        value: String,
        /// What is wrong.
        problem: String,
    },
    /// Neither a kubeconfig nor a service account was found.
    #[error(
        "found no cluster: no --kubeconfig, no $KUBECONFIG, no ~/.kube/config, and this is not a pod ({0}); \
         give --kubeconfig, or start one with `aviary demo --keep`"
    )]
    Nowhere(String),
    /// The configuration was found but no client could be made of it.
    #[error("cannot connect as the kubeconfig says: {0}")]
    Client(String),
}

/// A client and what messages call its server.
#[derive(Clone)]
pub struct Connected {
    /// Speaks to the API server.
    pub client: Client,
    /// Its address.
    pub server: String,
}

/// Finds the cluster and makes a client for it. Nothing is sent yet.
pub async fn connect(connection: &Connection) -> Result<Connected, ConnectError> {
    let mut config = config(connection).await?;
    connection.overrides.apply(&mut config)?;
    if let Some(namespace) = &connection.namespace {
        config.default_namespace.clone_from(namespace);
    }
    connected(config)
}

/// The cluster that this process runs in, as a pod's service account sees it.
pub fn connect_in_pod() -> Result<Connected, ConnectError> {
    connected(without_file(&Connection::default())?)
}

fn connected(mut config: Config) -> Result<Connected, ConnectError> {
    // Whoever asks decides whether and when to ask again: a refused eviction waits for the next pass.
    config.default_retry = false;
    let server = config.cluster_url.to_string();
    let client = Client::try_from(config).map_err(|error| ConnectError::Client(error.to_string()))?;
    Ok(Connected { client, server })
}

async fn config(connection: &Connection) -> Result<Config, ConnectError> {
    if let Some(path) = &connection.kubeconfig {
        return from_file(read(path)?, connection).await;
    }
    match Kubeconfig::from_env() {
        Ok(Some(file)) => return from_file(file, connection).await,
        Ok(None) => {}
        Err(error) => {
            let path = std::env::var_os("KUBECONFIG").unwrap_or_default().into();
            return Err(ConnectError::Kubeconfig { path, reason: first_line(&error.to_string()) });
        }
    }
    match home_kubeconfig().filter(|path| path.exists()) {
        Some(path) => from_file(read(&path)?, connection).await,
        None => without_file(connection),
    }
}

/// The pod's service account, or what the flags say alone.
fn without_file(connection: &Connection) -> Result<Config, ConnectError> {
    match (Config::incluster(), &connection.overrides.server) {
        (Ok(config), _) => Ok(config),
        (Err(_), Some(server)) => Ok(Config::new(overrides::address("--server", server)?)),
        (Err(error), None) => Err(ConnectError::Nowhere(error.to_string())),
    }
}

fn home_kubeconfig() -> Option<PathBuf> {
    Some(Path::new(&std::env::var_os("HOME")?).join(".kube/config"))
}

fn read(path: &Path) -> Result<Kubeconfig, ConnectError> {
    Kubeconfig::read_from(path).map_err(|error| ConnectError::Kubeconfig {
        path: path.to_owned(),
        reason: first_line(&error.to_string()),
    })
}

async fn from_file(file: Kubeconfig, connection: &Connection) -> Result<Config, ConnectError> {
    let known = file.contexts.iter().map(|context| context.name.as_str()).collect::<Vec<_>>().join(", ");
    let context = connection.context.clone().or_else(|| file.current_context.clone()).unwrap_or_default();
    let Overrides { cluster, user, .. } = &connection.overrides;
    let options = KubeConfigOptions {
        context: connection.context.clone(),
        cluster: cluster.clone(),
        user: user.clone(),
    };
    Config::from_custom_kubeconfig(file, &options).await.map_err(|error| ConnectError::Context {
        context,
        reason: error.to_string(),
        known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn message(text: &str, context: Option<&str>) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        std::fs::write(&path, text).unwrap();
        let connection = Connection {
            kubeconfig: Some(path),
            context: context.map(str::to_owned),
            ..Connection::default()
        };
        config(&connection)
            .await
            .unwrap_err()
            .to_string()
            .replace(&directory.path().display().to_string(), "DIR")
    }

    #[tokio::test]
    async fn a_broken_kubeconfig_is_named_with_the_flag_that_chose_it() {
        let text = message("clusters: [", None).await;
        assert!(text.starts_with("cannot use kubeconfig DIR/config: "), "{text}");
        assert!(text.ends_with("check the path given by --kubeconfig or $KUBECONFIG"), "{text}");
    }

    #[tokio::test]
    async fn an_unknown_context_is_named_with_those_that_exist() {
        let text = "contexts: [{name: east, context: {cluster: c, user: u}}]";
        let text = message(text, Some("west")).await;
        assert!(text.contains(r#"context "west""#) && text.ends_with("known contexts: east"), "{text}");
    }
}
