//! The rating API edge service: give an item stars, and read what others gave.
//!
//! For: the worked example's workload. It is a real service (durable store, limits, metrics, drain), so that what a
//! release tool shows with it is real, and many instances run in one process, each with its own metrics registry.
//! Faults (errors, latency, failing health) can be switched on to play a bad release; they are off unless asked for.
//!
//! Not for: deciding anything about a release, or knowing that one is under way.
//!
//! | route | what it does |
//! |---|---|
//! | `POST /v1/items/{id}/ratings` | stores `{"stars": 1..5}` durably before it answers; idempotent with an `Idempotency-Key` |
//! | `GET /v1/items/{id}/ratings` | the ratings, newest first, by cursor |
//! | `GET /v1/items/{id}/rating` | count, mean and distribution, with `etag` and `cache-control` for the edge |
//! | `GET /healthz` | whether the process is well |
//! | `GET /readyz` | whether new requests should come here: 503 from the moment a drain begins |
//! | `GET /openapi.json` | this table for programs: OpenAPI 3.1, generated from the handlers |
//! | `GET /docs/` | a page to read it and try it |
//! | `GET /metrics` | `http_requests_total`, `http_request_duration_seconds`, `http_requests_in_flight`; on a port of its own if [`Config::metrics`] says so |
//!
//! [`Sidecar`] is a proxy that counts the same from outside of the process.
//!
//! [`Flags`] switch features and split users into the variants of an experiment: a user (`x-user-id`) gets the same one
//! everywhere; answers name it in `x-variant`, and metrics in the label `variant`.
//!
//! Every answer carries `x-version`; every error is `application/problem+json` (RFC 9457).
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! use aviary_rating::{Config, Service};
//!
//! let service = Service::start(Config::default()).await?; // loopback, a free port, in memory
//! println!("curl {}/healthz", service.url());
//! let drained = service.shutdown().await;
//! assert_eq!(drained.cut, 0);
//! # Ok::<(), aviary_rating::StartError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod app;
mod config;
mod drain;
mod faults;
mod flags;
mod guard;
mod health;
mod item;
mod metrics;
mod openapi;
mod page;
mod problem;
mod rate;
mod ratings;
mod reads;
mod service;
mod sidecar;
mod stars;
mod store;
mod tokens;
mod trace;

pub use config::{Config, Drain, Limits, Storage};
pub use drain::Drained;
pub use faults::{FaultPlan, Faults, InvalidFault, parse_duration, parse_share};
pub use flags::{ErrorCode, Evaluation, Flags, InvalidFlags, Reason};
pub use item::{InvalidItem, ItemId};
pub use openapi::document;
pub use service::{Running, Service, StartError};
pub use sidecar::{RunningSidecar, Sidecar, SidecarConfig};
pub use stars::{Distribution, InvalidStars, Stars};
#[cfg(feature = "postgres")]
pub use store::PostgresStore;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{Added, MemoryStore, NewRating, Rating, Store, StoreError};

pub use tokens::Tokens;

/// Response header that names the version which answered.
pub const VERSION_HEADER: &str = "x-version";
/// Request header that names the user, for experiments: the same user always gets the same variant.
pub const USER_HEADER: &str = "x-user-id";
/// Response header that names the variant of the experiment which answered.
pub const VARIANT_HEADER: &str = "x-variant";
/// Request header that makes a `POST` safe to repeat.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";
/// Response header: `true` when an earlier request with the same key had already stored the rating.
pub const REPLAYED_HEADER: &str = "idempotency-replayed";
