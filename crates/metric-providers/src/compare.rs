//! `aviary/compare`, built in: the figures of canary and stable, at one instant, from another metric system.
//!
//! ```yaml
//! provider:
//!   plugin:
//!     aviary/compare:
//!       source: {prometheus: {address: http://prometheus:9090}}
//!       metrics:
//!       - name: errors
//!         kind: proportion
//!         canary: {bad: QUERY, total: QUERY}
//!         stable: {bad: QUERY, total: QUERY}
//! ```
//!
//! `source` has one member, a provider's name, with its configuration less the query. A query gives one number; of
//! several series it is their sum, and no series is no figure. What cannot have been counted (`NaN`, an infinity, less than
//! nothing) is an error, which names the query: left out, it would be taken for no errors at all.
//!
//! - With `strata: LABEL` a query gives a number for each value of the label (`sum by (route) (...)`, in Datadog
//!   `sum:... by {route}`), at most [`MOST_STRATA`]. What a stratum is called stays here: what is kept of it has a digest.
//! - `buckets` is the query of a histogram, one series a bucket: of Prometheus `sum by (le) (NAME_bucket{...})`; of
//!   Datadog `sum:NAME.bucket{...} by {upper_bound}.as_count()`, with `total: sum:NAME.count{...}.as_count()` beside it, for
//!   its agent sends no last bucket. Where the agent is told to send buckets that are not cumulative, group by
//!   `{lower_bound,upper_bound}`. A distribution of Datadog's has no buckets: compare a proportion of it, with
//!   `count(v: v>0.2):NAME{...}.as_count()` as `bad` and `count:NAME{...}.as_count()` as `total`.
//!
//! Prometheus tells counters, which are differenced between two readings (`source.cumulative: false` where a query tells
//! what was counted in a window). Datadog tells what was counted in a window: it
//! is asked by version 2 of its API for the sum over the judge's `window` (of a gauge for the mean), which ended
//! `source.delay` ago (`1m`), because what is younger may not have arrived. Windows of half a minute or a minute suit it.
//!
//! The answer is `{METRIC: {canary: ARM, stable: ARM}}`; an ARM is `{FIELD: NUMBER}`, with `buckets: {UPPER_END: NUMBER}`
//! and `strata: {DIGEST: {FIELD: NUMBER}}` where there are some. It reads and does not judge: windows, verdicts and the
//! rest of the configuration are `aviary-rollout`'s.

mod config;
mod figures;

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;
use serde_json::{Map, Value as Json, json};

use crate::http::shortened;
use crate::{Answer, Ctx, Error, Fault, Provider, Value, Wanted, datadog, prometheus};
use config::{Compared, Config, System};

/// Its name in `provider.plugin`.
pub(crate) const NAME: &str = "aviary/compare";
/// The field of a histogram.
const BUCKETS: &str = "buckets";
/// Strata of one arm: each is kept in a status.
const MOST_STRATA: usize = 50;

/// Asks another provider for both arms.
pub(crate) struct Compare;

#[async_trait]
impl Provider for Compare {
    fn name(&self) -> &'static str {
        NAME
    }

    fn wanted(&self, metric: &Metric) -> Option<Wanted> {
        crate::wanted(&Config::of(metric).ok()?.anything())
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let config = Config::of(metric).map_err(|fault| Error::new(metric, NAME, None, fault))?;
        let now = (ctx.clock)();
        let at = now.checked_sub(config.delay).unwrap_or(now);
        // All queries are of one moment, however long they take.
        let moment = || at;
        let ctx = Ctx { clock: &moment, ..ctx.clone() };
        let mut figures = Map::new();
        for compared in &config.metrics {
            let canary = arm(&ctx, &config, compared, &compared.canary).await?;
            let stable = arm(&ctx, &config, compared, &compared.stable).await?;
            figures.insert(compared.name.clone(), json!({"canary": canary, "stable": stable}));
        }
        figures::bounded(&figures).map_err(|fault| Error::new(metric, NAME, None, fault))?;
        Ok(Value::Figures(Json::Object(figures)).into())
    }

    /// The next window's end is read like the first one's beginning.
    async fn resume(
        &self,
        ctx: &Ctx<'_>,
        metric: &Metric,
        _remembered: &BTreeMap<String, String>,
    ) -> Result<Answer, Error> {
        self.read(ctx, metric).await
    }
}

/// The answers to an arm's queries; one without an answer is left out.
async fn arm(
    ctx: &Ctx<'_>,
    config: &Config,
    compared: &Compared,
    queries: &BTreeMap<String, String>,
) -> Result<Map<String, Json>, Error> {
    let mut found = Map::new();
    let mut strata: BTreeMap<String, BTreeMap<&str, f64>> = BTreeMap::new();
    for (field, query) in queries {
        let asked = config.asked(compared, query);
        let answer = match config.system {
            System::Prometheus => prometheus::labelled(ctx, &asked).await?,
            System::Datadog => datadog::labelled(ctx, &asked).await?,
        };
        let fail = |text| {
            let text = format!("{}.{field}: {text}; asked was {query}", compared.name);
            Error::new(&asked, NAME, None, Fault::Answer(shortened(&text)))
        };
        if field == BUCKETS {
            let buckets = figures::buckets(&answer, config.system).map_err(fail)?;
            if !buckets.is_empty() {
                found.insert(field.clone(), json!(buckets));
            }
        } else if let Some(label) = &compared.strata {
            for (name, number) in figures::strata(&answer, label).map_err(fail)? {
                strata.entry(name).or_default().insert(field, number);
            }
        } else if let Some(number) = figures::number(&answer, field).map_err(fail)? {
            found.insert(field.clone(), json!(number));
        }
    }
    if !strata.is_empty() {
        found.insert("strata".to_owned(), json!(strata));
    }
    Ok(found)
}
