//! Sequential, count-aware verdicts of canary against stable.
//!
//! For: deciding after every window whether a canary is worse, good enough, or not known yet, with a stated chance of
//! error however often one looks. Sample sizes count, and no data is never a pass. What a window says is an e-value: a
//! number whose expectation is at most 1 as long as the canary is fine. Their product is the wealth of a gambler who
//! bets against the canary, and he becomes a hundred times as rich in fewer than 1 of 100 healthy releases.
//!
//! Not for: reading metrics (see `aviary-metric-providers`), or acting on a verdict (see `aviary-rollout`).
//!
//! ```
//! use aviary_judge::{Config, Counts, Document, Judge, Sample, State, Verdict, Window};
//!
//! let document: Document = serde_yaml::from_str("
//! judge:
//!   falseAborts: 1%
//!   warmup: 0s
//!   metrics:
//!   - name: errors
//!     kind: proportion
//!     failAbove: {relative: 0%, absolute: 0.01pp}
//!     passBelow: {relative: 50%, absolute: 0.1pp}
//! ")?;
//! let mut judge = Judge::new(&document.judge);
//! // Thirty seconds at 100 requests per second, a tenth of them to the canary: 2 % errors against 0.5 %.
//! let window = Window::of(30.0).with("errors", Sample::Counts(Counts::new(300.0, 2700.0, 6.0, 13.0)));
//! let mut windows = 0;
//! while judge.verdict() != Verdict::Fail {
//!     judge.observe(&window);
//!     windows += 1;
//! }
//! assert_eq!(windows, 3);
//! assert_eq!(judge.report().culprit.unwrap().metric, "errors");
//!
//! // What it knows survives a restart, bit for bit.
//! let saved: State = serde_json::from_str(&serde_json::to_string(judge.state())?)?;
//! assert_eq!(Judge::restore(&document.judge, saved)?, judge);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bisect;
mod config;
mod counts;
mod dispersion;
mod exact;
mod interval;
mod judge;
mod log_sum;
mod margin;
mod mixture;
mod nodes;
mod normal;
mod portfolio;
mod process;
mod report;
mod seen;
mod sign;
#[cfg(test)]
mod vectors;
mod verdict;
mod window;

pub mod classic;
pub mod power;

pub use config::{
    BurnRate, Config, Document, Error, Evidence, Field, Kind, Metric, Mistakes, OnInconclusive, Source,
    Warning,
};
pub use counts::Counts;
pub use dispersion::{Dispersion, PhiEstimate, learn as learn_dispersion, pair_chi_square};
pub use interval::{Interval, proportion, quantile};
pub use judge::{Judge, RestoreError, State};
pub use margin::Margin;
pub use mixture::Mixture;
pub use nodes::{NODES, Terms, window_log_e};
pub use portfolio::{CASH, Portfolio, RESTART_SECONDS, cap, restart_share};
pub use process::{Direction, Model, Side, gauge_log_e, limit_log_e};
pub use report::{
    Awaited, Both, Burn, Culprit, Detectable, Estimate, Failure, MetricReport, Missing, Quantile, Report,
    Unsure,
};
pub use sign::Sign;
pub use verdict::{Ending, Verdict};
pub use window::{Buckets, Reading, Sample, Window};
