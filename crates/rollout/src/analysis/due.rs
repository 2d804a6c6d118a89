//! Which metrics are to be measured now (spec analysis-02 3).

use std::collections::BTreeMap;

use crd::{AnalysisPhase, AnalysisRun, Argument, Measurement, Metric, MetricResult, SecretKeyRef};
use jiff::Timestamp;

use super::limits::{self, Limits, RETRY};
use super::prepare::prepare;
use super::{arguments, result, terminating};

/// One question to a metric system.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Name of the metric.
    pub name: String,
    /// What is asked.
    pub how: How,
    /// Secrets that [`fill`](Self::fill) needs the values of, from the run's namespace.
    pub secrets: Vec<SecretKeyRef>,
    metric: Metric,
    args: Vec<Argument>,
}

/// What is asked of the metric system.
#[derive(Clone, Debug, PartialEq)]
pub enum How {
    /// A new measurement.
    New,
    /// How this measurement goes on.
    Resume(Measurement),
    /// To end this measurement.
    Terminate(Measurement),
}

/// A metric with everything in place.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// What the metric system is given.
    pub metric: Metric,
    /// Texts that came from Secrets: they must not come out again.
    pub secrets: Vec<String>,
}

impl Ask {
    /// The metric with its arguments and these secrets in place.
    ///
    /// # Errors
    /// What ends the run: give it to [`assess`](super::assess) in the place of the readings.
    pub fn fill(&self, secrets: &BTreeMap<SecretKeyRef, String>) -> Result<Filled, String> {
        let metric = arguments::resolve(&self.metric, &self.args, Some(secrets))?;
        let used = self.secrets.iter().filter_map(|reference| secrets.get(reference)).cloned();
        Ok(Filled { metric, secrets: used.collect() })
    }
}

/// What to ask now, in the order of the run's metrics; nothing for a run that is over, invalid, or being deleted.
pub fn due(run: &AnalysisRun, now: Timestamp) -> Vec<Ask> {
    due_or_over(run, now, &|_| false)
}

/// As [`due`], and besides what is known to be `over` although it was to be looked at later only: a measurement whose
/// Job has ended.
pub fn due_or_over(run: &AnalysisRun, now: Timestamp, over: &dyn Fn(&Measurement) -> bool) -> Vec<Ask> {
    let ended = run.status.phase.is_some_and(AnalysisPhase::completed);
    if ended || run.metadata.deletion_timestamp.is_some() {
        return Vec::new();
    }
    let Ok(prepared) = prepare(run) else { return Vec::new() };
    let ask = |(raw, metric): (&Metric, &Metric)| {
        let how = how(run, metric, now, over)?;
        let args = run.spec.args.clone();
        let secrets = arguments::secrets(&args);
        Some(Ask { name: metric.name.clone(), how, secrets, metric: raw.clone(), args })
    };
    let metrics = prepared.iter().map(|prepared| &prepared.metric);
    run.spec.metrics.iter().zip(metrics).filter_map(ask).collect()
}

/// The measurement under way.
pub(super) fn in_flight(result: &MetricResult) -> Option<&Measurement> {
    result.measurements.last().filter(|last| last.finished_at.is_none())
}

fn how(
    run: &AnalysisRun,
    metric: &Metric,
    now: Timestamp,
    over: &dyn Fn(&Measurement) -> bool,
) -> Option<How> {
    let terminating = terminating(run);
    let result = result(&run.status.metric_results, &metric.name);
    if result.and_then(|result| result.phase).is_some_and(AnalysisPhase::completed) {
        return None;
    }
    if let Some(running) = result.and_then(in_flight) {
        let later = running.resume_at.is_some_and(|at| at.timestamp() > now) && !over(running);
        return match (terminating, later) {
            (true, _) => Some(How::Terminate(running.clone())),
            (false, true) => None,
            (false, false) => Some(How::Resume(running.clone())),
        };
    }
    let last = result.and_then(|result| Some((result, result.measurements.last()?)));
    let due = match last {
        _ if terminating => false,
        None if metric.initial_delay.is_empty() => true,
        None => {
            let begins = run.status.started_at.zip(limits::initial_delay(metric));
            begins.is_some_and(|(started, delay)| limits::after(started.timestamp(), delay) <= now)
        }
        Some((result, last)) => {
            let wait = match last.phase {
                Some(AnalysisPhase::Error) => RETRY,
                _ => limits::interval(metric).unwrap_or(RETRY),
            };
            let waited =
                last.finished_at.is_none_or(|finished| now > limits::after(finished.timestamp(), wait));
            !Limits::of(metric).reached(result.count) && waited
        }
    };
    due.then_some(How::New)
}
