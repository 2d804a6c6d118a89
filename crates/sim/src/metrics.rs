//! Simulated metric systems.

use std::collections::BTreeMap;
use std::sync::Arc;

use crd::{AnalysisPhase, AnalysisRun, Metric};
use jiff::Timestamp;
use rollout::analysis::{Ask, How, Outcome, Reading};

/// What a metric system is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// On behalf of which run.
    pub run: &'a AnalysisRun,
    /// With all arguments in place.
    pub metric: &'a Metric,
    /// When.
    pub now: Timestamp,
}

/// Answers for all metric systems.
pub type MetricsFn = Arc<dyn Fn(&Asked<'_>) -> Outcome + Send + Sync>;

/// Every metric reads `value`, always.
pub fn constant(value: f64) -> MetricsFn {
    Arc::new(move |asked| Outcome::Value(typed(asked.metric, value)))
}

/// No metric has any data: the answer of a query that matches nothing.
pub fn no_data() -> MetricsFn {
    Arc::new(|asked| Outcome::Value(empty(asked.metric)))
}

/// A number as the provider of `metric` would give it: Prometheus answers with a vector.
pub(crate) fn typed(metric: &Metric, value: f64) -> expr::Value {
    if is_vector(metric) { expr::Value::floats([value]) } else { value.into() }
}

/// No data as the provider of `metric` would give it.
pub(crate) fn empty(metric: &Metric) -> expr::Value {
    if is_vector(metric) { expr::Value::floats([]) } else { expr::Value::Nil }
}

fn is_vector(metric: &Metric) -> bool {
    ["prometheus", "datadog"].iter().any(|provider| metric.provider.contains_key(*provider))
}

/// Answers one question. `Err` tells which Secret is missing.
pub(crate) fn read(
    metrics: &MetricsFn,
    run: &AnalysisRun,
    ask: &Ask,
    now: Timestamp,
) -> Result<Reading, String> {
    let asked = ask.fill(&BTreeMap::new())?;
    let outcome = match ask.how {
        How::New | How::Resume(_) => metrics(&Asked { run, metric: &asked.metric, now }),
        How::Terminate(_) => Outcome::Verdict(AnalysisPhase::Inconclusive, "Metric Terminated".to_owned()),
    };
    let value = match &outcome {
        Outcome::Value(value) => shown(value),
        _ => String::new(),
    };
    Ok(Reading {
        name: ask.name.clone(),
        asked,
        outcome,
        value,
        metadata: BTreeMap::new(),
        about: BTreeMap::new(),
        resume_at: None,
        started_at: now,
        finished_at: now,
    })
}

/// As providers write it into the status: a vector in brackets.
fn shown(value: &expr::Value) -> String {
    match value {
        expr::Value::Float(number) => number.to_string(),
        expr::Value::Text(text) => text.to_string(),
        expr::Value::List(list) => {
            let items: Vec<String> = list.items().iter().map(shown).collect();
            format!("[{}]", items.join(","))
        }
        other => format!("{other:?}"),
    }
}
