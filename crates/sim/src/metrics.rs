//! Simulated metric systems.

use std::collections::BTreeMap;
use std::sync::Arc;

use crd::{AnalysisPhase, AnalysisRun, Metric, SecretKeyRef};
use jiff::Timestamp;
use rollout::analysis::{self, Ask, Filled, How, Outcome, Reading};

use crate::environment::Environment;
use crate::traffic::Counters;

/// What a metric system is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// On behalf of which run.
    pub run: &'a AnalysisRun,
    /// With all arguments in place.
    pub metric: &'a Metric,
    /// Of a metric that compares: which of those that it compares, and then a number is the canary's share of bad ones.
    pub part: Option<&'a str>,
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

/// The metric systems of a simulation.
pub(crate) struct Systems<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) counters: &'a mut Counters,
    /// The share of the traffic that the canary of a run has, from 0 to 1.
    pub(crate) share: &'a dyn Fn(&AnalysisRun) -> f64,
}

impl Systems<'_> {
    /// Answers one question. `Err` ends the run.
    pub(crate) fn read(&mut self, run: &AnalysisRun, ask: &Ask, now: Timestamp) -> Result<Reading, String> {
        let asked = ask.fill(&secrets(ask))?;
        let question = Asked { run, metric: &asked.metric, part: None, now };
        let (outcome, value) = match ask.how {
            How::Terminate(_) => {
                (Outcome::Verdict(AnalysisPhase::Inconclusive, "Metric Terminated".to_owned()), String::new())
            }
            How::New | How::Resume(_) => self.answer(&question),
        };
        Ok(reading(ask, asked, outcome, value, now))
    }

    /// What comes back, and as text.
    fn answer(&mut self, question: &Asked<'_>) -> (Outcome, String) {
        let Some(compares) = analysis::comparison(question.metric) else {
            let outcome = (self.environment.metrics)(question);
            let value = match &outcome {
                Outcome::Value(value) => shown(value),
                _ => String::new(),
            };
            return (outcome, value);
        };
        let figures = match compares {
            Ok(config) => {
                let share = (self.share)(question.run);
                let Environment { traffic, metrics, .. } = self.environment;
                self.counters.read(question, &config, traffic, share, &**metrics)
            }
            // Why it is refused, the judge says.
            Err(_) => Ok(serde_json::json!({})),
        };
        match figures {
            Ok(figures) => (Outcome::Value(expr::Value::Nil), figures.to_string()),
            Err(outcome) => (outcome, String::new()),
        }
    }
}

/// Whoever simulates has no Secrets: whatever is asked for is there.
fn secrets(ask: &Ask) -> BTreeMap<SecretKeyRef, String> {
    ask.secrets.iter().map(|secret| (secret.clone(), "simulated".to_owned())).collect()
}

fn reading(ask: &Ask, asked: Filled, outcome: Outcome, value: String, now: Timestamp) -> Reading {
    Reading {
        name: ask.name.clone(),
        asked,
        outcome,
        value,
        metadata: BTreeMap::new(),
        about: BTreeMap::new(),
        resume_at: None,
        started_at: now,
        finished_at: now,
    }
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
