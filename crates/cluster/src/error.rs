//! What can go wrong between the core and the cluster.

use crd::ObjectKey;

/// What can go wrong between the core and the cluster.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused a write, or could not be reached.
    #[error("cannot {verb} {key}: {source}")]
    Write {
        /// What was tried: `create`, `patch`, `delete`, `evict`.
        verb: &'static str,
        /// On what.
        key: Box<ObjectKey>,
        /// What the server said.
        source: Box<kube::Error>,
    },
    /// The API server refused a read, or could not be reached.
    #[error("cannot read {key}: {source}")]
    Read {
        /// Of what.
        key: Box<ObjectKey>,
        /// What the server said.
        source: Box<kube::Error>,
    },
    /// A kind that a Rollout refers to cannot be listed.
    #[error("cannot list {}: {reason}; the controller needs the right to list and watch them", kind.plural)]
    List {
        /// The kind.
        kind: crd::Kind,
        /// What the server said.
        reason: std::sync::Arc<str>,
    },
    /// Another controller holds the lease: nothing may be written any more.
    #[error("this controller no longer holds the lease; {key} was left as it is")]
    LeaseLost {
        /// What would have been written.
        key: Box<ObjectKey>,
    },
    /// Times of the leader election that cannot work together.
    #[error("cannot use {flag}={value:?}: {problem}")]
    Lease {
        /// The flag.
        flag: &'static str,
        /// What it says.
        value: std::time::Duration,
        /// Why not.
        problem: String,
    },
    /// The ConfigMap cannot be used.
    #[error("{0}")]
    Config(#[from] crate::config::ConfigError),
    /// Two families of metrics have the same name, or the like: a fault of this program.
    #[error("cannot set up the metrics: {0}; please report this")]
    Metrics(#[from] prometheus::Error),
    /// A kubeconfig could not be used.
    #[error("{0}")]
    Connect(#[from] crate::client::ConnectError),
    /// A port could not be opened.
    #[error("cannot listen on {address}: {source}; choose another port with {flag}, or stop what uses it")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The flag that sets the port.
        flag: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificates for telling beacons cannot be used.
    #[error("{0}")]
    Tls(#[from] crate::beacon_server::TlsError),
    /// The API server does not answer at start.
    #[error(
        "cannot reach the API server{}: {reason}; check the kubeconfig's server address, or that the pod may reach it",
        server.as_ref().map(|server| format!(" at {server}")).unwrap_or_default()
    )]
    Unreachable {
        /// Its address, where it is known.
        server: Option<String>,
        /// What happened, from the outside in.
        reason: String,
    },
}

impl Error {
    /// Whether the cluster had moved on in between (the object changed, or a name was taken): no fault of anybody's,
    /// the next pass observes it and decides again.
    pub fn is_conflict(&self) -> bool {
        let Self::Write { source, .. } = self else { return false };
        matches!(source.as_ref(), kube::Error::Api(status) if status.is_conflict() || status.is_already_exists())
    }

    /// The object whose name another one has, if that is why it was not created.
    pub(crate) fn taken(&self) -> Option<&ObjectKey> {
        let Self::Write { verb: "create", key, source } = self else { return None };
        matches!(source.as_ref(), kube::Error::Api(status) if status.is_already_exists()).then_some(key)
    }

    /// Label for metrics and events: which part failed.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Write { .. } => "write",
            Self::Read { .. } | Self::List { .. } => "read",
            Self::LeaseLost { .. } | Self::Lease { .. } => "lease",
            Self::Config(_) => "config",
            Self::Connect(_) | Self::Unreachable { .. } => "connect",
            Self::Listen { .. } | Self::Tls(_) | Self::Metrics(_) => "listen",
        }
    }
}

/// What went wrong beneath an error: its innermost cause, in one line.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    first_line(&cause.to_string())
}

/// A message without the excerpt that some parsers draw below it.
pub(crate) fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
