//! A region on one machine: an API server, a node that runs Pods as local servers, a gateway that honours the
//! weights of HTTPRoutes, and metrics with a Prometheus query endpoint.
//!
//! For: trying, demonstrating and testing releases end to end, with real requests and real measurements, without a
//! cluster. Several regions run in one process; everything listens on loopback.
//!
//! Not for: production, images other than the rating service, or isolation of any kind.
//!
//! | part | what is real | what is not |
//! |---|---|---|
//! | node | each pod is an HTTP server on its own port, with its image's tag as version; readiness probes, pre-stop sleep, grace and drain | images, resources, liveness and startup probes, restarts, pod networks: all pods share 127.0.0.1 and [`ADDRESS`] tells them apart |
//! | gateway | HTTP/1.1 proxying, exact weights, draining, safe retries, route status | TLS, filters, mirrors (a route with one is not accepted) |
//! | metrics | scrapes, label mapping, PromQL | rules and alerts |
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! use aviary_local::{Pace, Region, RegionConfig};
//!
//! let region = Region::start(RegionConfig { pace: Pace::new(60.0), ..RegionConfig::new("us-east-1") }).await?;
//! println!("kubectl --kubeconfig <(echo '{}') get pods", region.kubeconfig());
//! println!("curl -H 'host: api.example.com' http://{}/v1/items/lobster/rating", region.gateway_addr());
//! region.shutdown().await;
//! # Ok::<(), aviary_local::RegionError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod gateway;
mod get;
mod node;
mod pace;
mod prometheus;
mod region;
mod scraper;
mod targets;
mod watch;

pub mod promql;

pub use gateway::{CONTROLLER, Gateway, Ledger, Row, Seen};
pub use node::{ADDRESS, tag};
pub use pace::Pace;
/// What is wrong with an image: the fault switches of the rating service.
pub use rating::FaultPlan;
pub use region::{Region, RegionConfig, RegionError};
