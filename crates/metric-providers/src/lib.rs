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
//! ([`MAX_BODY`]), JSON a depth and a bound of the memory that it takes, and a redirect never leads from TLS to plain
//! text. What was meant for one host is not shown to another. Where an address of a metric's may lead, [`Egress`] says.
//!
//! TLS is rustls without a provider of its own: a program that uses this crate installs one at its start
//! (`rustls::crypto::ring::default_provider().install_default()`), as our binaries do; without it, the first request panics.
//!
//! Two providers need something of the controller: [`Jobs`] run on its cluster, and [`Plugins`] are programs of its
//! operator's choice. An asynchronous provider answers without a value while it runs, and ends with a
//! [`Value::Verdict`]: it, not the conditions, says how the measurement went.

mod aws;
mod bounded;
mod clients;
mod cloud_watch;
mod compare;
mod credentials;
mod ctx;
mod datadog;
mod egress;
mod error;
mod go_json;
mod go_text;
mod graphite;
mod http;
mod influxdb;
mod job;
mod json_path;
mod kayenta;
mod labelled;
mod learned;
mod new_relic;
mod oauth2;
mod plugin;
mod prometheus;
mod provider;
mod reading;
mod retry;
mod sky_walking;
mod typed;
mod value;
mod wavefront;
mod web;

pub use clients::Clients;
pub use credentials::{Credentials, Wanted};
pub use ctx::{Ctx, Wait};
pub use egress::{ALLOW_SETTING, Egress, NoRule, Refused};
pub use error::{Error, Fault};
pub use http::MAX_BODY;
pub use job::{JobState, Jobs, JobsError, METRIC_NAME, PodState, Waiting, job_of};
pub use learned::Learned;
pub use plugin::{Limits, PluginSettings, Plugins};
pub use provider::{Answer, Provider};
pub use reading::Reading;
pub use value::{Item, Record, Value, Verdict};

use std::collections::BTreeMap;

use crd::Metric;

pub(crate) use labelled::Labelled;

/// One row a metric system, in the order in which a metric is searched for them (spec analysis-02 10).
pub const PROVIDERS: &[&dyn Provider] = &[
    &prometheus::Prometheus,
    &job::Job,
    &kayenta::Kayenta,
    &web::Web,
    &datadog::Datadog,
    &wavefront::Wavefront,
    &new_relic::NewRelic,
    &cloud_watch::CloudWatch,
    &graphite::Graphite,
    &influxdb::InfluxDb,
    &sky_walking::SkyWalking,
    &plugin::Plugin,
];

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
        Ok(provider) => (provider.read(ctx, metric).await, provider.about(ctx, metric).await),
        Err(error) => (Err(error), BTreeMap::new()),
    };
    Reading::new(ctx, answer, about, started)
}

/// Goes on with a measurement that was not finished, given what it wanted to remember. Jobs and plugins look at
/// [`Ctx::measurement`] besides.
pub async fn resume(ctx: &Ctx<'_>, metric: &Metric, remembered: &BTreeMap<String, String>) -> Reading {
    let started = (ctx.clock)();
    let answer = match provider(metric) {
        Ok(provider) => provider.resume(ctx, metric, remembered).await,
        Err(error) => Err(error),
    };
    Reading::new(ctx, answer, BTreeMap::new(), started)
}

/// Ends a measurement that was not finished; what comes back has no value, unless its provider has a verdict.
pub async fn terminate(ctx: &Ctx<'_>, metric: &Metric, remembered: &BTreeMap<String, String>) -> Reading {
    let started = (ctx.clock)();
    let mut answer = match provider(metric) {
        Ok(provider) => provider.terminate(ctx, metric, remembered).await,
        Err(error) => Err(error),
    };
    if let Ok(answer) = &mut answer
        && answer.metadata.is_empty()
    {
        answer.metadata.clone_from(remembered);
    }
    Reading::new(ctx, answer, BTreeMap::new(), started)
}

/// Removes what all but the newest `limit` measurements of a metric have left behind. The text of an error is for the
/// log.
pub async fn garbage_collect(ctx: &Ctx<'_>, metric: &Metric, limit: usize) -> Result<(), String> {
    let done = match provider(metric) {
        Ok(provider) => provider.garbage_collect(ctx, metric, limit).await,
        Err(error) => Err(error),
    };
    done.map_err(|error| reading::blanked(ctx, &error.to_string()))
}
