//! A small Prometheus: time series in memory and the part of PromQL that analysis templates use.
//!
//! For: answering `/api/v1/query` of the local region with the numbers that a real Prometheus would give for the
//! same samples. The tests ask both and compare every answer.
//!
//! Not for: subqueries, native histograms, `topk` and other constructs that no analysis needs. They are refused by
//! name ([`Error::Unsupported`]), never answered with something near.
//!
//! ```
//! use aviary_local::promql::{Labels, Storage, query};
//!
//! let storage = Storage::new(std::time::Duration::from_secs(3600));
//! for second in [0, 15, 30, 45, 60_i64] {
//!     storage.append(Labels::named("requests_total", [("code", "200")]), second * 1000, second as f64 * 2.0);
//! }
//! let answer = query(&storage, "sum(rate(requests_total[1m]))", 60_000)?;
//! assert_eq!(answer.to_json()["data"]["result"][0]["value"][1], "2");
//! # Ok::<(), aviary_local::promql::Error>(())
//! ```
//!
//! Semantics are those of Prometheus 2.42, the version that the tests run: a range and the lookback include their
//! left end.

mod aggregate;
mod arithmetic;
mod binary;
mod error;
mod eval;
pub mod exposition;
mod functions;
mod histogram;
mod json;
mod labels;
mod lengths;
mod matching;
mod over_time;
mod selector;
mod storage;
mod value;
mod window;

pub use error::Error;
pub use eval::query;
pub use labels::Labels;
pub use storage::{LOOKBACK_MS, Storage};
pub use value::{QueryResult, Sample, Series, Value};
