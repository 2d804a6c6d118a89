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
//! `source` has one member, a provider's name, with its configuration less the query. Each query gives one number; of
//! several series it is their sum, and no series is no figure. `buckets` is the query of a histogram, one series a
//! bucket (`sum by (le) (NAME_bucket{...})`), of Prometheus alone; its figure is `{UPPER_END: NUMBER}`. The answer is `{METRIC: {canary: {FIELD: NUMBER}, stable:
//! {...}}}`. It reads and does not judge: windows, verdicts and the rest of the configuration are `aviary-rollout`'s.

use std::collections::BTreeMap;

use async_trait::async_trait;
use crd::Metric;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::{Answer, Ctx, Error, Fault, Provider, Value, Wanted};

/// Its name in `provider.plugin`.
pub(crate) const NAME: &str = "aviary/compare";
/// The providers that a source may be.
const SOURCES: [&str; 2] = ["prometheus", "datadog"];
/// The one whose histograms can be read.
const HISTOGRAMS: &str = "prometheus";
/// The field of a histogram.
const BUCKETS: &str = "buckets";

/// Asks another provider for both arms.
pub(crate) struct Compare;

/// What is read of the configuration; the judge's fields are not looked at here.
#[derive(Debug, Deserialize)]
struct Config {
    source: Map<String, Json>,
    metrics: Vec<Compared>,
}

#[derive(Debug, Deserialize)]
struct Compared {
    name: String,
    /// Queries by field.
    #[serde(default)]
    canary: BTreeMap<String, String>,
    #[serde(default)]
    stable: BTreeMap<String, String>,
}

impl Config {
    fn of(metric: &Metric) -> Result<Self, Fault> {
        let written = metric.provider.get("plugin").and_then(|plugin| plugin.get(NAME)).cloned();
        let config: Self = serde_json::from_value(written.unwrap_or_default())
            .map_err(|error| Fault::Config(format!("{NAME}: {error}")))?;
        let (source, _) = config.source()?;
        let buckets = |arm: &BTreeMap<String, String>| source != HISTOGRAMS && arm.contains_key(BUCKETS);
        if let Some(found) = config.metrics.iter().find(|it| buckets(&it.canary) || buckets(&it.stable)) {
            let name = &found.name;
            return Err(Fault::Config(format!(
                "{NAME}: metric {name}: histograms are read from {HISTOGRAMS} alone; of {source} compare the share of \
                 requests that are slower than a bound"
            )));
        }
        Ok(config)
    }

    /// The provider that is asked, and its configuration.
    fn source(&self) -> Result<(&str, &Map<String, Json>), Fault> {
        let known = || SOURCES.join(", ");
        let mut found = self.source.iter().filter(|(name, _)| *name != "cumulative");
        match (found.next(), found.next()) {
            (Some((name, Json::Object(config))), None) if SOURCES.contains(&name.as_str()) => {
                Ok((name, config))
            }
            _ => Err(Fault::Config(format!(
                "{NAME}: source must be one of {}, with its configuration",
                known()
            ))),
        }
    }

    /// A metric of the source's provider with one query.
    fn asked(&self, query: &str) -> Result<Metric, Fault> {
        let (name, config) = self.source()?;
        let mut config = config.clone();
        config.insert("query".to_owned(), query.into());
        let provider = Map::from_iter([(name.to_owned(), Json::Object(config))]);
        Ok(Metric { name: NAME.to_owned(), provider, ..Metric::default() })
    }
}

#[async_trait]
impl Provider for Compare {
    fn name(&self) -> &'static str {
        NAME
    }

    fn wanted(&self, metric: &Metric) -> Option<Wanted> {
        crate::wanted(&Config::of(metric).ok()?.asked("").ok()?)
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, NAME, None, fault);
        let config = Config::of(metric).map_err(fail)?;
        let mut figures = Map::new();
        for compared in &config.metrics {
            let canary = arm(ctx, &config, metric, &compared.canary).await?;
            let stable = arm(ctx, &config, metric, &compared.stable).await?;
            figures.insert(compared.name.clone(), json!({"canary": canary, "stable": stable}));
        }
        Ok(Value::Json(Json::Object(figures)).into())
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
    metric: &Metric,
    queries: &BTreeMap<String, String>,
) -> Result<Map<String, Json>, Error> {
    let mut found = Map::new();
    for (field, query) in queries {
        let asked = config.asked(query).map_err(|fault| Error::new(metric, NAME, None, fault))?;
        if field == BUCKETS {
            let buckets = crate::prometheus::buckets(ctx, &asked).await?;
            if !buckets.is_empty() {
                found.insert(field.clone(), json!(buckets));
            }
            continue;
        }
        let answer = crate::provider(&asked)?.read(ctx, &asked).await?;
        found.extend(
            answer.value.and_then(|value| number(&value)).map(|number| (field.clone(), json!(number))),
        );
    }
    Ok(found)
}

/// The number that a query gave, if it gave one.
fn number(value: &Value) -> Option<f64> {
    let sum = match value {
        Value::Number(number) => *number,
        Value::Numbers(numbers) if !numbers.is_empty() => numbers.iter().sum(),
        Value::Written(inner, _) => return number(inner),
        _ => return None,
    };
    sum.is_finite().then_some(sum)
}
