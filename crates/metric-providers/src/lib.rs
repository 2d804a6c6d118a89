//! One file per metric system; it reads, it never judges.
//!
//! For: asking a metric system what a metric of an AnalysisRun is now. The answer is a [`Reading`]: a typed value or
//! the text of an error, with what shall be remembered beside it.
//!
//! Not for: judging (conditions live in `aviary-rollout`), reading Secrets or substituting arguments: a metric
//! comes with everything in place, [`wanted`] says which credentials a provider must be given, and [`Ctx::secrets`]
//! which texts must not come out again.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use aviary_metric_providers::{Ctx, read};
//!
//! let metric: crd::Metric = serde_json::from_value(serde_json::json!({
//!     "name": "success-rate",
//!     "provider": {"prometheus": {"address": "not a url", "query": "vector(1)"}},
//! })).unwrap();
//! let reading = read(&Ctx::default(), &metric).await;
//! assert!(reading.outcome.unwrap_err().starts_with("prometheus address is not is url format"));
//! # });
//! ```
//!
//! What comes over the wire is hostile until parsed: every exchange has a deadline, every body a limit
//! ([`MAX_BODY`]), JSON a depth, and a redirect never leads from TLS to plain text.

mod clients;
mod credentials;
mod datadog;
mod error;
mod go_json;
mod http;
mod json_path;
mod prometheus;
mod provider;
mod reading;
mod web;

pub use clients::Clients;
pub use credentials::{Credentials, Wanted};
pub use error::{Error, Fault};
pub use http::MAX_BODY;
pub use provider::{Answer, Ctx, Provider};
pub use reading::{Reading, Value};

use std::collections::BTreeMap;

use crd::Metric;

/// One row a metric system, in the order in which a metric is searched for them (spec analysis-02 10).
pub const PROVIDERS: &[&dyn Provider] = &[&prometheus::Prometheus, &datadog::Datadog, &web::Web];

/// The row that serves a metric.
pub fn provider(metric: &Metric) -> Result<&'static dyn Provider, Error> {
    let row = PROVIDERS.iter().find(|row| row.selected(&metric.provider));
    row.copied().ok_or_else(|| Error::no_provider(metric))
}

/// The credentials that a metric's provider must be given; `None` when it needs none, or its metric is written wrongly,
/// which [`read`] then says.
pub fn wanted(metric: &Metric) -> Option<Wanted> {
    provider(metric).ok()?.wanted(metric)
}

/// Asks the metric's provider once. It always comes back with something that can be recorded.
pub async fn read(ctx: &Ctx<'_>, metric: &Metric) -> Reading {
    let started = (ctx.clock)();
    let (answer, about) = match provider(metric) {
        Ok(provider) => (provider.read(ctx, metric).await, provider.about(metric)),
        Err(error) => (Err(error), BTreeMap::new()),
    };
    Reading::new(answer, about, (started, (ctx.clock)()), ctx.secrets)
}

/// Goes on with a measurement that was not finished, given what it wanted to remember.
pub async fn resume(ctx: &Ctx<'_>, metric: &Metric, remembered: &BTreeMap<String, String>) -> Reading {
    let started = (ctx.clock)();
    let answer = match provider(metric) {
        Ok(provider) => provider.resume(ctx, metric, remembered).await,
        Err(error) => Err(error),
    };
    Reading::new(answer, BTreeMap::new(), (started, (ctx.clock)()), ctx.secrets)
}

/// Ends a measurement that was not finished; what comes back has no value.
pub async fn terminate(ctx: &Ctx<'_>, metric: &Metric, remembered: &BTreeMap<String, String>) -> Reading {
    let started = (ctx.clock)();
    let ended = match provider(metric) {
        Ok(provider) => provider.terminate(ctx, metric, remembered).await,
        Err(error) => Err(error),
    };
    let answer = ended.map(|()| Answer { metadata: remembered.clone(), ..Answer::default() });
    Reading::new(answer, BTreeMap::new(), (started, (ctx.clock)()), ctx.secrets)
}
