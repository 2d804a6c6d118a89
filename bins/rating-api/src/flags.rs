//! The command line. Every flag can be set in the environment too, as pods do.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use rating::{Config, Drain, FaultPlan, Limits, SidecarConfig, Storage, Tokens};

const EXAMPLES: &str = "Examples:
  rating-api                                              on 127.0.0.1:8080, ratings in memory
  rating-api --listen 0.0.0.0:8080 --database /data/ratings.db
  rating-api --listen 127.0.0.1:0 --fault-errors 0.05 --fault-latency 150ms
  rating-api sidecar --listen 0.0.0.0:8081 --upstream 127.0.0.1:8080 --metrics 0.0.0.0:9102
  curl -d '{\"stars\": 5}' -H 'content-type: application/json' -H 'idempotency-key: 7f3a' \\
       http://127.0.0.1:8080/v1/items/lobster/ratings
  curl http://127.0.0.1:8080/v1/items/lobster/rating

SIGTERM and SIGINT drain: /readyz turns 503, the notice passes, what runs is finished.
Exit code 0 after a complete drain, 1 when connections had to be cut or the service did not start.";

/// The rating API edge service, and the proxy beside it
#[derive(Debug, clap::Parser)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) mode: Option<Mode>,
    #[command(flatten)]
    pub(crate) service: Flags,
}

/// What else the binary can be.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Mode {
    /// A proxy beside the service, which counts from outside: no answer of a service that hangs or has crashed is 5xx
    Sidecar(SidecarFlags),
}

/// Flags of the sidecar.
#[derive(Debug, clap::Args)]
pub(crate) struct SidecarFlags {
    /// Address where clients come in
    #[arg(long, env = "RATING_SIDECAR_LISTEN", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Address where /metrics is read
    #[arg(long, env = "RATING_SIDECAR_METRICS", default_value = "127.0.0.1:9102")]
    metrics: SocketAddr,
    /// Address of the service
    #[arg(long, env = "RATING_SIDECAR_UPSTREAM", default_value = "127.0.0.1:8080")]
    upstream: SocketAddr,
    /// What the version label says
    #[arg(long, env = "RATING_VERSION", default_value = env!("CARGO_PKG_VERSION"))]
    release: String,
    /// Longest time for the service to begin its answer
    #[arg(long, env = "RATING_SIDECAR_TIMEOUT", default_value = "6s", value_parser = rating::parse_duration)]
    timeout: Duration,
    /// How long to go on forwarding after SIGTERM
    #[arg(long, env = "RATING_DRAIN_NOTICE", default_value = "5s", value_parser = rating::parse_duration)]
    drain_notice: Duration,
    /// How long requests that run then may take
    #[arg(long, env = "RATING_DRAIN_DEADLINE", default_value = "20s", value_parser = rating::parse_duration)]
    drain_deadline: Duration,
}

impl SidecarFlags {
    pub(crate) fn into_config(self) -> SidecarConfig {
        SidecarConfig {
            listen: self.listen,
            metrics: self.metrics,
            timeout: self.timeout,
            drain: Drain { notice: self.drain_notice, deadline: self.drain_deadline },
            ..SidecarConfig::before(self.upstream, self.release)
        }
    }
}

/// A URL is a server, everything else a file.
fn storage(place: String) -> Storage {
    if place.starts_with("postgres://") || place.starts_with("postgresql://") {
        Storage::Postgres(place)
    } else {
        Storage::File(PathBuf::from(place))
    }
}

/// Flags of the service.
#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// Address to listen on; port 0 takes a free one. It is printed on the first line
    #[arg(long, env = "RATING_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address where /metrics is read instead
    #[arg(long, env = "RATING_METRICS")]
    metrics: Option<SocketAddr>,
    /// SQLite file, or the URL of a PostgreSQL database (postgres://...); without it ratings are kept in memory
    #[arg(long, env = "RATING_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// How long a reader may be told what was read before; writes of this instance are seen at once. 0s asks every time
    #[arg(long, env = "RATING_READ_CACHE", default_value = "1s", value_parser = rating::parse_duration)]
    read_cache: Duration,
    /// What x-version and the version label say
    #[arg(long, env = "RATING_VERSION", default_value = env!("CARGO_PKG_VERSION"))]
    release: String,
    /// Largest body in bytes
    #[arg(long, env = "RATING_MAX_BODY", default_value_t = Limits::default().body)]
    max_body: usize,
    /// Longest time for one request
    #[arg(long, env = "RATING_TIMEOUT", default_value = "5s", value_parser = rating::parse_duration)]
    timeout: Duration,
    /// How many API requests run at a time
    #[arg(long, env = "RATING_CONCURRENCY", default_value_t = Limits::default().concurrency)]
    concurrency: usize,
    /// How many API requests one client may send a second
    #[arg(long, env = "RATING_RATE")]
    rate: Option<NonZeroU32>,
    /// Tokens of which a write needs one, separated by commas; without any, everybody may write
    #[arg(
        long,
        env = "OPENCLAW_API_TOKENS",
        hide_env_values = true,
        default_value = "",
        hide_default_value = true
    )]
    tokens: String,
    /// File with feature flags; RATING_FLAG_... in the environment wins over it
    #[arg(long = "flags", env = "RATING_FLAGS", value_name = "FILE")]
    features: Option<PathBuf>,
    /// Origin of pages that may ask from a browser; * is all
    #[arg(long = "cors-origin", env = "RATING_CORS_ORIGINS", value_delimiter = ',')]
    origins: Vec<String>,
    /// How long to go on serving after /readyz turned 503
    #[arg(long, env = "RATING_DRAIN_NOTICE", default_value = "5s", value_parser = rating::parse_duration)]
    drain_notice: Duration,
    /// How long requests that run then may take
    #[arg(long, env = "RATING_DRAIN_DEADLINE", default_value = "20s", value_parser = rating::parse_duration)]
    drain_deadline: Duration,
    /// Share of API requests that are answered with 500
    #[arg(long, env = FaultPlan::ERRORS, default_value = "0", value_parser = rating::parse_share, help_heading = "Faults")]
    fault_errors: f64,
    /// Time added to every API request
    #[arg(long, env = FaultPlan::LATENCY, default_value = "0s", value_parser = rating::parse_duration, help_heading = "Faults")]
    fault_latency: Duration,
    /// Let /healthz and /readyz answer 503
    #[arg(long, env = FaultPlan::UNHEALTHY, help_heading = "Faults")]
    fault_unhealthy: bool,
    /// Let /healthz and /readyz answer 200 and say `degraded`
    #[arg(long, env = FaultPlan::DEGRADED, help_heading = "Faults")]
    fault_degraded: bool,
    /// Chooses which requests fail
    #[arg(long, env = FaultPlan::SEED, default_value_t = 0, help_heading = "Faults")]
    fault_seed: u64,
}

impl Flags {
    pub(crate) fn into_config(self) -> Result<Config, Box<dyn std::error::Error>> {
        let flags = match &self.features {
            None => rating::Flags::default(),
            Some(file) => {
                let text = std::fs::read_to_string(file);
                let text = text.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
                rating::Flags::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?
            }
        };
        Ok(Config {
            listen: self.listen,
            metrics: self.metrics,
            version: self.release,
            storage: self.database.map_or(Storage::Memory, storage),
            read_cache: self.read_cache,
            limits: Limits {
                body: self.max_body,
                time: self.timeout,
                concurrency: self.concurrency,
                rate: self.rate,
                ..Limits::default()
            },
            drain: Drain { notice: self.drain_notice, deadline: self.drain_deadline },
            tokens: Tokens::parse(&self.tokens),
            flags: flags.with_env(std::env::vars())?,
            origins: self.origins,
            faults: FaultPlan {
                errors: self.fault_errors,
                latency: self.fault_latency,
                unhealthy: self.fault_unhealthy,
                degraded: self.fault_degraded,
                seed: self.fault_seed,
            },
        })
    }
}
