//! What is read of the configuration; the judge's own fields are not looked at here.

use std::collections::BTreeMap;

use crd::Metric;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::NAME;
use crate::Fault;

/// How old what is asked of Datadog is at least.
const DELAY: SignedDuration = SignedDuration::from_mins(1);
/// The judge's window when nobody says (judge 4).
const WINDOW: &str = "10s";

/// Where figures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Prometheus,
    Datadog,
}

impl System {
    const ALL: [(&str, Self); 2] = [("prometheus", Self::Prometheus), ("datadog", Self::Datadog)];
}

/// What is asked, and of whom.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) system: System,
    /// Its provider's configuration, less the query.
    provider: Map<String, Json>,
    /// The present is so long ago.
    pub(super) delay: SignedDuration,
    pub(super) metrics: Vec<Compared>,
}

/// A metric of both arms; queries by field.
#[derive(Debug, Deserialize)]
pub(super) struct Compared {
    pub(super) name: String,
    #[serde(default)]
    kind: String,
    pub(super) strata: Option<String>,
    #[serde(default)]
    pub(super) canary: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) stable: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Written {
    source: Map<String, Json>,
    window: Option<Json>,
    metrics: Vec<Compared>,
}

impl Config {
    pub(super) fn of(metric: &Metric) -> Result<Self, Fault> {
        let written = metric.provider.get("plugin").and_then(|plugin| plugin.get(NAME)).cloned();
        let written: Written = serde_json::from_value(written.unwrap_or_default())
            .map_err(|error| Fault::Config(format!("{NAME}: {error}")))?;
        let (system, provider) = source(&written.source)?;
        let delay = delay(system, written.source.get("delay"))?;
        let provider = match system {
            System::Prometheus => provider.clone(),
            System::Datadog => datadog(provider, written.window.as_ref())?,
        };
        Ok(Self { system, provider, delay, metrics: written.metrics })
    }

    /// A metric of the source's provider with one query.
    pub(super) fn asked(&self, compared: &Compared, query: &str) -> Metric {
        let mut metric = self.anything();
        for config in metric.provider.values_mut().filter_map(Json::as_object_mut) {
            config.insert("query".to_owned(), query.into());
            if self.system == System::Datadog {
                let aggregator = if compared.kind == "gauge" { "avg" } else { "sum" };
                config.insert("aggregator".to_owned(), aggregator.into());
            }
        }
        metric
    }

    /// A metric of the source's provider that asks nothing.
    pub(super) fn anything(&self) -> Metric {
        let name = System::ALL.iter().find_map(|(name, system)| (*system == self.system).then_some(*name));
        let provider = Json::Object(self.provider.clone());
        let provider = Map::from_iter([(name.unwrap_or_default().to_owned(), provider)]);
        Metric { name: NAME.to_owned(), provider, ..Metric::default() }
    }
}

/// The provider that is asked, and its configuration.
fn source(written: &Map<String, Json>) -> Result<(System, &Map<String, Json>), Fault> {
    let mut found = written.iter().filter(|(name, _)| !["cumulative", "delay"].contains(&name.as_str()));
    let known = |name: &str| System::ALL.iter().find(|(known, _)| *known == name).map(|(_, system)| *system);
    match (found.next(), found.next()) {
        (Some((name, Json::Object(config))), None) if known(name).is_some() => {
            Ok((known(name).unwrap_or(System::Prometheus), config))
        }
        _ => {
            let known = System::ALL.map(|(name, _)| name).join(", ");
            Err(refused(&format!("source must be one of {known}, with its configuration")))
        }
    }
}

fn delay(system: System, written: Option<&Json>) -> Result<SignedDuration, Fault> {
    let usual = if system == System::Datadog { DELAY } else { SignedDuration::ZERO };
    let Some(written) = written else { return Ok(usual) };
    if system != System::Datadog {
        return Err(refused(
            "source.delay: only datadog is asked for what was counted some time ago: take it out",
        ));
    }
    let read = written.as_str().and_then(|text| crd::duration::parse(text).ok());
    let delay = read.and_then(|delay| SignedDuration::try_from(delay).ok());
    delay.ok_or_else(|| refused(&format!("source.delay: {written} is no duration, such as \"1m\"")))
}

/// The configuration with which Datadog tells what was counted in a window. One that asks for something else would be
/// counted twice, or not at all, so it is refused.
fn datadog(written: &Map<String, Json>, window: Option<&Json>) -> Result<Map<String, Json>, Fault> {
    let window = match window {
        None => json!(WINDOW),
        // As everywhere in the judge's configuration, a bare number is seconds.
        Some(Json::Number(seconds)) => json!(format!("{seconds}s")),
        Some(text) => text.clone(),
    };
    let mut config = written.clone();
    for (field, wanted) in [("apiVersion", json!("v2")), ("interval", window)] {
        if let Some(other) = written.get(field).filter(|other| **other != wanted) {
            return Err(refused(&format!(
                "source.datadog.{field}: {other} does not fit; what was counted in a window is asked for with {wanted}: \
                 take it out"
            )));
        }
        config.insert(field.to_owned(), wanted);
    }
    for field in ["aggregator", "queries", "formula", "query"] {
        if written.contains_key(field) {
            return Err(refused(&format!(
                "source.datadog.{field}: what is asked follows from the metrics: take it out"
            )));
        }
    }
    Ok(config)
}

fn refused(text: &str) -> Fault {
    Fault::Config(format!("{NAME}: {text}"))
}
