//! Which cluster is spoken to.

use std::path::Path;

use http::Uri;
use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::flags::Global;
use crate::{Cluster, Error, go_duration};

/// Which cluster a command speaks to.
#[derive(Clone)]
pub enum Target {
    /// That of the flags, the kubeconfig, or the pod that the process runs in.
    Configured,
    /// That of a given client; its default namespace counts unless `--namespace` is given.
    Given(Client),
}

impl Target {
    pub(crate) async fn cluster(&self, flags: &Global) -> Result<Cluster, Error> {
        let client = match self {
            Self::Given(client) => client.clone(),
            Self::Configured => connected(flags).await?,
        };
        let namespace = flags.namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
        Ok(Cluster { client, namespace })
    }
}

/// A client of the cluster that a kubeconfig's current context names.
pub(crate) async fn client_of(file: &Path) -> Result<Client, Error> {
    let place = file.display().to_string();
    let kubeconfig = Kubeconfig::read_from(file).map_err(|error| unreadable(&place, &error))?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let config = config.map_err(|error| unreadable(&place, &error))?;
    Client::try_from(config).map_err(|error| Error::new(format!("cannot set up the connection: {error}")))
}

async fn connected(flags: &Global) -> Result<Client, Error> {
    let mut config = config(flags).await?;
    overlay(&mut config, flags)?;
    Client::try_from(config).map_err(|error| Error::new(format!("cannot set up the connection: {error}")))
}

async fn config(flags: &Global) -> Result<Config, Error> {
    let options = KubeConfigOptions {
        context: flags.context.clone(),
        cluster: flags.cluster.clone(),
        user: flags.user.clone(),
    };
    let read = match &flags.kubeconfig {
        Some(path) => Kubeconfig::read_from(Path::new(path)),
        None => Kubeconfig::read(),
    };
    let named =
        flags.kubeconfig.clone().or_else(|| std::env::var("KUBECONFIG").ok().filter(|it| !it.is_empty()));
    let kubeconfig = match read {
        Ok(kubeconfig) => kubeconfig,
        Err(error) => match (&named, &flags.server) {
            (None, Some(server)) => return address(server).map(Config::new),
            (None, None) => return Config::incluster().map_err(|inside| nowhere(&error, &inside)),
            (Some(named), _) => return Err(unreadable(named, &error)),
        },
    };
    let place = named.unwrap_or_else(|| "~/.kube/config".to_owned());
    Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| unreadable(&place, &error))
}

fn unreadable(place: &str, error: &KubeconfigError) -> Error {
    Error::new(format!(
        "cannot use the kubeconfig {place}: {}; correct the file, or name another by --kubeconfig or $KUBECONFIG",
        match error {
            KubeconfigError::ReadConfig(error, _) => error.to_string(),
            other => chain(other),
        }
    ))
}

fn nowhere(error: &KubeconfigError, inside: &InClusterError) -> Error {
    let file = match error {
        KubeconfigError::ReadConfig(error, path) => format!("{}: {error}", path.display()),
        other => chain(other),
    };
    // Without these variables it is no pod; what else is missing in one must be said.
    let pod = match inside {
        InClusterError::ReadEnvironmentVariable(_) => String::new(),
        other => format!(" ({})", chain(other)),
    };
    Error::new(format!(
        "no cluster is configured: {file}, and this is no pod{pod}; name a kubeconfig by --kubeconfig or $KUBECONFIG"
    ))
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}

fn address(server: &str) -> Result<Uri, Error> {
    let with_scheme = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
    with_scheme.parse().map_err(|error| Error::new(format!("--server {server:?} is no address: {error}")))
}

/// Flags count more than files.
fn overlay(config: &mut Config, flags: &Global) -> Result<(), Error> {
    let auth = &mut config.auth_info;
    if let Some(token) = &flags.token {
        auth.token = Some(token.clone().into());
        auth.token_file = None;
    }
    auth.impersonate = flags.as_user.clone().or(auth.impersonate.take());
    if !flags.as_group.is_empty() {
        auth.impersonate_groups = Some(flags.as_group.clone());
    }
    if let Some(path) = &flags.client_certificate {
        auth.client_certificate = Some(path.clone());
    }
    if let Some(path) = &flags.client_key {
        auth.client_key = Some(path.clone());
    }
    if let Some(server) = &flags.server {
        config.cluster_url = address(server)?;
    }
    if let Some(path) = &flags.certificate_authority {
        config.root_cert_file = Some(path.into());
    }
    config.accept_invalid_certs |= flags.insecure_skip_tls_verify;
    config.tls_server_name = flags.tls_server_name.clone().or(config.tls_server_name.take());
    let limit = &flags.request_timeout;
    let whole_seconds = limit.parse().ok().map(std::time::Duration::from_secs);
    let limit = whole_seconds.map_or_else(|| go_duration::parse(limit), Ok)?;
    if !limit.is_zero() {
        config.read_timeout = Some(limit);
        config.connect_timeout = Some(limit);
    }
    Ok(())
}
