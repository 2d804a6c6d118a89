//! What users do, and what both versions count of it, for metrics that compare them (`aviary/compare`).
//!
//! Requests come at a steady rate and are split as the release splits them. What is counted are the expected numbers,
//! not drawn ones: the same release always ends in the same way.

use std::collections::BTreeMap;

use crd::AnalysisPhase;
use jiff::Timestamp;
use judge::{Config, Kind, Metric, Source};
use rollout::analysis::{self, Outcome};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::controller::Name;
use crate::error::Error;
use crate::metrics::Asked;

/// What the value of a gauge is where nothing says between which bounds it lies.
const MIDDLE: f64 = 0.5;
/// The edge that slow requests are beyond, where the comparison names none.
const EDGE: f64 = 1.0;
/// The only stratum.
const STRATUM: &str = "simulated";

/// What users do, and how a healthy version answers them.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Traffic {
    /// Requests per second, of all versions together.
    pub rate: f64,
    /// Share of the requests that fail, from 0 to 1.
    pub error_ratio: f64,
    /// Share of the requests that are slower than any edge of a latency, from 0 to 1.
    pub slow_ratio: f64,
}

impl Default for Traffic {
    /// 100 requests per second, one in a thousand fails, one in a hundred is slow.
    fn default() -> Self {
        Self { rate: 100.0, error_ratio: 0.001, slow_ratio: 0.01 }
    }
}

impl Traffic {
    /// # Errors
    /// A figure that no traffic has.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let shares = [("errorRatio", self.error_ratio), ("slowRatio", self.slow_ratio)];
        if let Some((name, share)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return Err(Error::Scenario(format!(
                "traffic.{name}: {share} is no share; write one from 0 to 1"
            )));
        }
        if !(0.0..1e9).contains(&self.rate) {
            let rate = self.rate;
            return Err(Error::Scenario(format!(
                "traffic.rate: {rate} is no number of requests per second; write one from 0 to 1e9"
            )));
        }
        Ok(self)
    }
}

/// What was counted so far, by run and metric. The metric system keeps it: a controller that dies loses nothing of it.
#[derive(Debug, Default)]
pub(crate) struct Counters(BTreeMap<(Name, String), Counted>);

/// What was counted for one metric of a run.
#[derive(Debug)]
struct Counted {
    at: Timestamp,
    /// By name of the compared metric; the canary first.
    arms: BTreeMap<String, (Arm, Arm)>,
}

/// Counters of one version.
#[derive(Clone, Copy, Debug, Default)]
struct Arm {
    all: f64,
    bad: f64,
}

impl Counters {
    /// The figures of a comparison, as its provider gives them; the canary has this share of the requests.
    ///
    /// `say` tells how each of the compared metrics is at the canary: a number is its share of bad ones (of a gauge the
    /// value), `Successful` is as at stable, no data is none. `Err` is an answer that is none of these.
    pub(crate) fn read(
        &mut self,
        asked: &Asked<'_>,
        config: &Config,
        traffic: &Traffic,
        share: f64,
        say: &dyn Fn(&Asked<'_>) -> Outcome,
    ) -> Result<Value, Outcome> {
        let run = &asked.run.metadata;
        let key = ((run.namespace.clone(), run.name.clone()), asked.metric.name.clone());
        let by_window = analysis::counts_by_window(asked.metric);
        let before = self.0.get(&key);
        let passed = match before {
            _ if by_window => config.window.as_secs_f64(),
            Some(before) => asked.now.duration_since(before.at).as_secs_f64(),
            None => 0.0,
        };
        let mut counted = Counted { at: asked.now, arms: BTreeMap::new() };
        let mut figures = Map::new();
        for metric in &config.metrics {
            let healthy = healthy(&metric.kind, traffic);
            let said = say(&Asked { part: Some(&metric.name), ..*asked });
            let level = match &said {
                Outcome::Value(value) => number(value),
                Outcome::Verdict(AnalysisPhase::Successful, _) => Some(healthy),
                _ => return Err(said),
            };
            let known = before.filter(|_| !by_window).and_then(|before| before.arms.get(&metric.name));
            let (mut canary, mut stable) = known.copied().unwrap_or_default();
            let requests = traffic.rate * passed;
            canary.count(requests * share, level.unwrap_or(healthy));
            stable.count(requests * (1.0 - share), healthy);
            counted.arms.insert(metric.name.clone(), (canary, stable));
            let Some(level) = level else { continue };
            let canary = metric.canary.as_ref().map(|queries| canary.shown(metric, queries, level));
            let stable = metric.stable.as_ref().map(|queries| stable.shown(metric, queries, healthy));
            figures.insert(
                metric.name.clone(),
                json!({"canary": canary.unwrap_or_else(none), "stable": stable.unwrap_or_else(none)}),
            );
        }
        self.0.insert(key, counted);
        Ok(Value::Object(figures))
    }
}

impl Arm {
    fn count(&mut self, requests: f64, bad: f64) {
        self.all += requests;
        self.bad += requests * bad;
    }

    /// What its queries are answered with.
    fn shown(self, metric: &Metric, queries: &Source, level: f64) -> Value {
        let mut told = Map::new();
        let mut tell = |query: &Option<String>, field: &str, value: Value| {
            if query.is_some() {
                told.insert(field.to_owned(), value);
            }
        };
        tell(&queries.bad, "bad", json!(self.bad));
        tell(&queries.total, "total", json!(self.all));
        tell(&queries.count, "count", json!(self.bad));
        tell(&queries.exposure, "exposure", json!(self.all));
        tell(&queries.value, "value", json!(level));
        if metric.strata.is_some() {
            return json!({"strata": {STRATUM: told}});
        }
        if queries.buckets.is_some() {
            told.insert("buckets".to_owned(), self.buckets(&metric.kind));
        }
        Value::Object(told)
    }

    /// Bad ones are slower than every edge, the others faster than all.
    fn buckets(self, kind: &Kind) -> Value {
        let edges = match kind {
            Kind::Latency { edges } if !edges.is_empty() => edges.as_slice(),
            _ => &[EDGE],
        };
        let fast = edges.iter().map(|edge| (edge.to_string(), json!(self.all - self.bad)));
        fast.chain([("+Inf".to_owned(), json!(self.all))]).collect::<Map<_, _>>().into()
    }
}

/// An arm that nothing is asked of.
fn none() -> Value {
    Value::Object(Map::new())
}

/// How a metric is at a healthy version.
fn healthy(kind: &Kind, traffic: &Traffic) -> f64 {
    match kind {
        Kind::Latency { .. } => traffic.slow_ratio,
        Kind::Gauge { bounds: Some([least, most]) } => f64::midpoint(*least, *most),
        Kind::Gauge { bounds: None } => MIDDLE,
        Kind::Proportion | Kind::Rate | Kind::Limit { .. } | Kind::BurnRate { .. } => traffic.error_ratio,
    }
}

/// The number in a reading; `None` is no data.
fn number(value: &expr::Value) -> Option<f64> {
    match value {
        expr::Value::Float(number) => Some(*number),
        _ => None,
    }
}
