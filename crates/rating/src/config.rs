//! How an instance is to run.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
#[cfg(feature = "sqlite")]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::{FaultPlan, Flags, Store, Tokens};

/// How an instance is to run. The default listens on a free loopback port and keeps ratings in memory.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `/metrics` is read instead; the clients' address then has none.
    pub metrics: Option<SocketAddr>,
    /// What `x-version` and the `version` label say.
    pub version: String,
    /// Where ratings are kept.
    pub storage: Storage,
    /// How long what was read of an item is told again without asking the store. What this instance writes is seen at
    /// once all the same; what others write, after this time. Zero asks every time.
    pub read_cache: Duration,
    /// How much is accepted.
    pub limits: Limits,
    /// How to go away.
    pub drain: Drain,
    /// Who may write.
    pub tokens: Tokens,
    /// Feature flags: `rounded-mean` (means with one decimal; may be an experiment) and `writes` (whether ratings are
    /// taken).
    pub flags: Flags,
    /// Origins of pages that may ask from a browser; `*` is all.
    pub origins: Vec<String>,
    /// What is to go wrong.
    pub faults: FaultPlan,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            metrics: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            storage: Storage::Memory,
            read_cache: Duration::from_secs(1),
            limits: Limits::default(),
            drain: Drain::default(),
            tokens: Tokens::default(),
            flags: Flags::default(),
            origins: Vec::new(),
            faults: FaultPlan::default(),
        }
    }
}

/// Where ratings are kept.
#[derive(Clone)]
pub enum Storage {
    /// Gone with the process.
    Memory,
    /// An SQLite file.
    #[cfg(feature = "sqlite")]
    File(PathBuf),
    /// A PostgreSQL database, by its URL.
    #[cfg(feature = "postgres")]
    Postgres(String),
    /// A store that others use too, as replicas use one database.
    Shared(Arc<dyn Store>),
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("Memory"),
            #[cfg(feature = "sqlite")]
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            // The URL holds a password.
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => f.write_str("Postgres"),
            Self::Shared(_) => f.write_str("Shared"),
        }
    }
}

/// How much an instance accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest body, in bytes; larger ones get 413.
    pub body: usize,
    /// Longest time for one request; after it the client gets 503.
    pub time: Duration,
    /// How many API requests run at a time; further ones get 503 with `retry-after` at once.
    pub concurrency: usize,
    /// How many API requests one client may send a second; more get 429 with `retry-after`. `None` is any number.
    pub rate: Option<NonZeroU32>,
    /// Longest time for a client to send the headers of its next request; after it the connection is closed.
    ///
    /// It must be longer than whatever is in front keeps a connection that it does not use (an AWS load balancer: 60 s,
    /// the sidecar: [`crate::SidecarConfig::keep`]). Else that one sends a request just when its connection is closed,
    /// cannot know whether it was served, and answers its client 502.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 4 * 1024,
            time: Duration::from_secs(5),
            concurrency: 256,
            rate: None,
            idle: Duration::from_secs(75),
        }
    }
}

/// How an instance goes away without losing a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// How long it goes on serving after `/readyz` turned 503, so that load balancers take notice.
    pub notice: Duration,
    /// How long requests that run then may take before they are cut.
    pub deadline: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self { notice: Duration::from_secs(5), deadline: Duration::from_secs(20) }
    }
}
