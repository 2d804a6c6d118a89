//! Flags of every command (spec cli-commands 1.1).

use clap::Args;

use crate::Error;

const LEVELS: [&str; 8] = ["trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"];

/// Flags of every command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global Flags")]
pub(crate) struct Global {
    /// Username to impersonate for the operation
    #[arg(long = "as", global = true, value_name = "USER")]
    pub(crate) as_user: Option<String>,
    /// Group to impersonate for the operation; may be repeated
    #[arg(long, global = true, value_name = "GROUP")]
    pub(crate) as_group: Vec<String>,
    /// UID to impersonate for the operation
    #[arg(long, global = true, value_name = "UID")]
    pub(crate) as_uid: Option<String>,
    /// Accepted for compatibility; nothing is cached
    #[arg(long, global = true, value_name = "DIRECTORY", hide = true)]
    pub(crate) cache_dir: Option<String>,
    /// Path to a cert file for the certificate authority
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) certificate_authority: Option<String>,
    /// Path to a client certificate file for TLS
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) client_certificate: Option<String>,
    /// Path to a client key file for TLS
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) client_key: Option<String>,
    /// The name of the kubeconfig cluster to use
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// The name of the kubeconfig context to use
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// The name of the kubeconfig user to use
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Do not compress responses
    #[arg(long, global = true)]
    pub(crate) disable_compression: bool,
    /// Do not check the server's certificate
    #[arg(long, global = true)]
    pub(crate) insecure_skip_tls_verify: bool,
    /// Path to the kubeconfig file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) kubeconfig: Option<String>,
    /// The namespace of the objects
    #[arg(short, long, global = true)]
    pub(crate) namespace: Option<String>,
    /// How long to wait for one answer of the server, 0 for as long as it takes
    #[arg(long, global = true, value_name = "DURATION", default_value = "0")]
    pub(crate) request_timeout: String,
    /// Address of the API server
    #[arg(short, long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Name that the server's certificate must have
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) tls_server_name: Option<String>,
    /// Bearer token
    #[arg(long, global = true, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// Verbosity of the client
    #[arg(short = 'v', long, global = true, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) kloglevel: u8,
    /// Log level: trace, debug, info, warn, error
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    pub(crate) loglevel: String,
}

impl Global {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if LEVELS.contains(&self.loglevel.to_lowercase().as_str()) {
            Ok(())
        } else {
            Err(Error::new(format!("not a valid logrus Level: {:?}", self.loglevel)))
        }
    }
}
