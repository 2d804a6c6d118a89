//! The Kubernetes adapter: watch, observe, apply, lease, events.
//!
//! For: running the state machine of `aviary-rollout` against a cluster, real or embedded. [`Controller`] keeps one
//! list and watch per kind, gathers what a pass may look at, carries out what it decides, and writes nothing that
//! changes nothing.
//!
//! Not for: deciding. There is no rule about rollouts in here; what is asked of metric systems is in
//! `aviary-metric-providers`, what is asked of regions in `aviary-regions`.
//!
//! ```no_run
//! use aviary_cluster::{Connection, Controller, Settings, connect};
//! use tokio_util::sync::CancellationToken;
//!
//! # async fn run() -> Result<(), aviary_cluster::Error> {
//! let cluster = connect(&Connection::default()).await?;
//! let controller = Controller::new(cluster.client, Settings::default()).await?;
//! controller.run(CancellationToken::new()).await;
//! # Ok(())
//! # }
//! ```

mod admin;
mod analysis_runs;
mod apply;
mod beacon_server;
mod cache;
mod client;
mod clock;
mod config;
mod controller;
mod error;
mod events;
mod experiments;
mod gate;
mod gather;
mod jobs;
mod journals;
mod lease;
mod metrics;
mod observe;
mod observed;
mod outside;
mod pace;
mod peers;
mod permissions;
mod pods;
mod queue;
mod reflect;
mod requests;
mod rollouts;
mod secrets;
mod seen;
mod services;
mod settings;
mod taken;
mod version;
mod watches;
mod writes;

/// Durations as flags give them: `15s`, `1m30s`.
pub use crd::duration;
pub use metric_providers::{Egress, NoRule};

pub use beacon_server::TlsError;
pub use client::{ConnectError, Connected, Connection, Overrides, connect, connect_in_pod};
pub use clock::Clock;
pub use config::{ConfigError, Problem as ConfigProblem};
pub use controller::{Controller, Ended};
pub use error::Error;
pub use metrics::Exposition;
pub use observe::observe;
pub use outside::Outside;
pub use permissions::{Permission, Place, permissions, rules};
pub use settings::{BeaconSettings, Controllers, LeaseSettings, MetricEgress, RequestRate, Settings};
pub use version::Build;
