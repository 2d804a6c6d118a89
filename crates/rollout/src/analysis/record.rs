//! A reading judged and written into a metric's result (spec analysis-02 4).

use crd::{AnalysisPhase, AnalysisRunStatus, Measurement, MetricResult, ObjectMeta, Time};
use jiff::Timestamp;

use super::compare::{self, Earlier};
use super::due::in_flight;
use super::{Outcome, Reading};

const TERMINATED: &str = "Metric Terminated";

/// What stands in the place of a secret.
const BLANK: &str = "*****";

/// Records a reading; `terminating` is whether `run` was asked to end. What comes after the end of its metric is nothing.
pub(super) fn record(
    run: &ObjectMeta,
    status: &mut AnalysisRunStatus,
    reading: &Reading,
    dry_run: bool,
    terminating: bool,
    now: Timestamp,
) {
    let known = status.metric_results.iter().position(|result| result.name == reading.name);
    let place = known.unwrap_or_else(|| {
        status.metric_results.push(MetricResult {
            name: reading.name.clone(),
            phase: Some(AnalysisPhase::Running),
            dry_run,
            metadata: reading.about.clone(),
            ..MetricResult::default()
        });
        status.metric_results.len() - 1
    });
    let Some(result) = status.metric_results.get_mut(place) else { return };
    if result.phase.is_some_and(AnalysisPhase::completed) {
        return;
    }
    let earlier = in_flight(result).cloned();
    let compares = compare::configuration(&reading.asked.metric);
    let mut measurement = match compares {
        Some(written) if !matches!(reading.outcome, Outcome::Verdict(..)) => {
            let last = result.measurements.last();
            let known = Earlier { same: earlier.as_ref(), last, run: Some((run, &reading.name)) };
            blanked(compare::measured(written, known, reading), reading)
        }
        Some(_) => compare::ended(measured(reading, now), earlier.as_ref()),
        None => measured(reading, now),
    };
    if let Some(earlier) = &earlier {
        measurement.started_at = earlier.started_at;
        if measurement.metadata.is_empty() {
            measurement.metadata.clone_from(&earlier.metadata);
        }
        let ended =
            matches!(measurement.phase, Some(AnalysisPhase::Successful | AnalysisPhase::Inconclusive));
        if terminating && ended {
            TERMINATED.clone_into(&mut measurement.message);
        }
        result.measurements.pop();
    } else if compares.is_some() {
        // The new one has it.
        result.measurements.last_mut().into_iter().for_each(compare::forget);
    }
    count(result, measurement.phase);
    result.measurements.push(measurement);
}

/// The measurement that a reading makes.
fn measured(reading: &Reading, now: Timestamp) -> Measurement {
    let metric = &reading.asked.metric;
    let (phase, message, keeps_value) = match &reading.outcome {
        Outcome::Running => (AnalysisPhase::Running, String::new(), true),
        Outcome::Error(why) => (AnalysisPhase::Error, why.clone(), true),
        Outcome::Verdict(phase, why) => (*phase, why.clone(), true),
        Outcome::Value(value) => {
            match expr::judge(value, &metric.success_condition, &metric.failure_condition, now) {
                expr::Verdict::Successful => (AnalysisPhase::Successful, String::new(), true),
                expr::Verdict::Failed => (AnalysisPhase::Failed, String::new(), true),
                expr::Verdict::Inconclusive => (AnalysisPhase::Inconclusive, String::new(), true),
                expr::Verdict::Error(why) => {
                    let keeps =
                        ["graphite", "cloudWatch"].iter().any(|name| metric.provider.contains_key(*name));
                    (AnalysisPhase::Error, why.to_string(), keeps)
                }
            }
        }
    };
    let measurement = Measurement {
        phase: Some(phase),
        message,
        started_at: Some(Time::from(reading.started_at)),
        finished_at: phase.completed().then(|| Time::from(reading.finished_at)),
        value: if keeps_value { reading.value.clone() } else { String::new() },
        metadata: reading.metadata.clone(),
        resume_at: reading.resume_at.filter(|_| !phase.completed()).map(Time::from),
    };
    blanked(measurement, reading)
}

/// Without the texts that came from Secrets.
fn blanked(measurement: Measurement, reading: &Reading) -> Measurement {
    let message = crd::secrets::blanked(&measurement.message, &reading.asked.secrets, BLANK);
    Measurement { message, ..measurement }
}

fn count(result: &mut MetricResult, phase: Option<AnalysisPhase>) {
    let Some(phase) = phase.filter(|phase| phase.completed()) else { return };
    let successes = result.consecutive_success;
    result.consecutive_success = 0;
    match phase {
        AnalysisPhase::Error => {
            result.error = result.error.saturating_add(1);
            result.consecutive_error = result.consecutive_error.saturating_add(1);
            return;
        }
        AnalysisPhase::Successful => {
            result.successful = result.successful.saturating_add(1);
            result.consecutive_success = successes.saturating_add(1);
        }
        AnalysisPhase::Failed => result.failed = result.failed.saturating_add(1),
        _ => result.inconclusive = result.inconclusive.saturating_add(1),
    }
    result.count = result.count.saturating_add(1);
    result.consecutive_error = 0;
}
