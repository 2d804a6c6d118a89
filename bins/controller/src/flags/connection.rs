//! How the cluster is found, under the names that kubectl gives it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use cluster::{Connection, Overrides};

use super::go;

#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionFlags {
    /// Kubeconfig; else $KUBECONFIG, ~/.kube/config, or the pod's service account.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// The namespace to look after with --namespaced; else the context's, or the pod's.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Cluster in the kubeconfig; else the context's.
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// User in the kubeconfig; else the context's.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Address of the API server.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Bearer token.
    #[arg(long)]
    token: Option<String>,
    /// Name for basic authentication.
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Password for basic authentication.
    #[arg(long)]
    password: Option<String>,
    /// Whom to act as.
    #[arg(long = "as", value_name = "USER")]
    act_as: Option<String>,
    /// Group to act as; may be given several times.
    #[arg(long, value_name = "GROUP")]
    as_group: Vec<String>,
    /// Uid to act as.
    #[arg(long, value_name = "UID")]
    as_uid: Option<String>,
    /// File with the authorities that the server's certificate is checked against.
    #[arg(long, value_name = "FILE")]
    certificate_authority: Option<PathBuf>,
    /// File with the controller's certificate.
    #[arg(long, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
    /// File with the key of the controller's certificate.
    #[arg(long, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// Believes any certificate of the server.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = go::boolean, value_name = "BOOL")]
    insecure_skip_tls_verify: bool,
    /// Name that the server's certificate must carry.
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
    /// Proxy on the way to the server.
    #[arg(long, value_name = "URL")]
    proxy_url: Option<String>,
    /// Asks for uncompressed answers.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = go::boolean, value_name = "BOOL")]
    disable_compression: bool,
    /// How long an answer may take; 0 sets no bound.
    #[arg(long, value_parser = timeout, default_value = "0", value_name = "DURATION")]
    request_timeout: Duration,
}

impl ConnectionFlags {
    pub(super) fn connection(&self) -> Connection {
        Connection {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespace: self.namespace.clone(),
            overrides: Overrides {
                cluster: self.cluster.clone(),
                user: self.user.clone(),
                server: self.server.clone(),
                token: self.token.clone(),
                username: self.username.clone(),
                password: self.password.clone(),
                act_as: self.act_as.clone(),
                as_groups: self.as_group.clone(),
                as_uid: self.as_uid.clone(),
                certificate_authority: self.certificate_authority.clone(),
                client_certificate: self.client_certificate.clone(),
                client_key: self.client_key.clone(),
                insecure_skip_tls_verify: self.insecure_skip_tls_verify,
                tls_server_name: self.tls_server_name.clone(),
                proxy_url: self.proxy_url.clone(),
                disable_compression: self.disable_compression,
                request_timeout: Some(self.request_timeout).filter(|timeout| !timeout.is_zero()),
            },
        }
    }
}

/// A duration, or seconds without a unit.
fn timeout(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs).or_else(|_| go::duration(text))
}

/// Tokens and passwords are nobody's business.
impl std::fmt::Debug for ConnectionFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionFlags").field("kubeconfig", &self.kubeconfig).finish_non_exhaustive()
    }
}
