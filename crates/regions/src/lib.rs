//! The multi-region verifier: HTTP checks in each region, what regions tell each other about a release, and pure
//! verdicts over both.
//!
//! For: pipelines that must know whether every region serves a release ([`File`], `aviary verify`), and release gates
//! that hold each region until the others have reached the same step ([`gate`]).
//!
//! Not for: traffic or pods (see `aviary-rollout`), or finding clusters (see `aviary-cluster`).
//!
//! ```
//! use aviary_regions::{File, Outcome};
//!
//! let file: File = aviary_regions::File::parse(
//!     "
//! regions: {us-east-1: http://127.0.0.1:8080, eu-west-1: http://127.0.0.1:8081}
//! checks:
//! - {name: health, path: /healthz, status: 200, maxLatency: 200ms}
//! ",
//! )?;
//! assert_eq!(file.checks.len(), 1);
//! # Ok::<(), aviary_regions::Error>(())
//! ```
//!
//! | field of a check | what must be so |
//! |---|---|
//! | `status` | the answer has this status (200) |
//! | `maxLatency` | it came within this time |
//! | `latency: {probes: 20, quantile: 0.95, max: 200ms}` | most of several answers came within this time |
//! | `version: {header: x-version, equals: 1.5.0}` | it comes from this version; at gates `{version}` is the one released |
//! | `json: [{path: $.status, equals: ok}]` | its JSON body holds these values |
//! | `certificateValidFor: 336h` | the TLS certificate is valid for so much longer |
//!
//! `headers` pin a check to the canary; `attempts`, `retryDelay` and `timeout` say how patient it is. A region is an
//! address, or an [`Endpoint`] behind a name that all regions share.
//!
//! TLS is rustls without a provider of its own: a program that uses this crate installs one at its start
//! (`rustls::crypto::ring::default_provider().install_default()`), as our binaries do; without it, the first request panics.
//!
//! Silence is never health: a region that does not answer is a failed check for `verify`, and a partition for a gate.

mod check;
mod dns;
mod endpoint;
mod error;
mod file;
pub mod gate;
mod http;
mod json_path;
mod latency;
mod region;
mod report;
mod verdict;

pub use check::{Check, JsonCheck, Reply, VersionCheck};
pub use dns::DnsCheck;
pub use endpoint::Endpoint;
pub use error::Error;
pub use file::File;
pub use http::HttpRegion;
pub use latency::LatencyCheck;
pub use region::{Region, Target, report_all};
pub use report::{CheckReport, Report};
pub use verdict::{Outcome, Policy, RegionVerdict, Verdict, verdict};
