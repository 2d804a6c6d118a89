//! One pass over a run: readings in, new status out (spec analysis-02 2).

use std::time::Duration;

use crd::{AnalysisPhase, AnalysisRun, AnalysisRunStatus, Metric, Time};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::prepare::{Prepared, prepare, unresolvable};
use super::{Reading, compare, metric_phase, next, record, result, run_phase, size, terminating, ttl};
use crate::decision::{Event, Reason};
use crate::observed::Settings;
use crate::{events, status};

/// What one pass over an AnalysisRun wants done.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct RunDecision {
    /// To be written if it differs; `None` leaves what is stored.
    pub status: Option<AnalysisRunStatus>,
    /// Told on the run.
    pub events: Vec<Event>,
    /// When to look again although nothing was observed to change.
    pub requeue_after: Option<Duration>,
    /// The run has outlived its `ttlStrategy`: delete it.
    pub delete: bool,
    /// Metrics of which the status lost old measurements: what a provider keeps of those is not needed any more.
    pub trimmed: Vec<Trimmed>,
    /// Which rules fired, and what is awaited.
    pub because: Vec<Reason>,
}

/// A metric of which old measurements were given up.
#[derive(Clone, Debug, PartialEq)]
pub struct Trimmed {
    /// With arguments in place; a placeholder stands for each secret.
    pub metric: Metric,
    /// How many of the newest measurements are kept.
    pub kept: usize,
}

/// Judges what was read. `readings` are the answers to what [`due`](super::due) asked for, or why the asks could not
/// be [filled](super::Ask::fill).
pub fn assess(
    run: &AnalysisRun,
    readings: Result<&[Reading], &str>,
    settings: &Settings,
    now: Timestamp,
) -> RunDecision {
    if run.metadata.deletion_timestamp.is_some() {
        return RunDecision::default();
    }
    if run.status.phase.is_some_and(AnalysisPhase::completed) {
        return over(run, now);
    }
    let found = prepare(run).and_then(|prepared| Ok((prepared, readings.map_err(unresolvable)?)));
    match found {
        Ok((prepared, readings)) => judged(run, &prepared, readings, settings, now),
        Err(message) => invalid(run, message),
    }
}

fn because(rule: &'static str, detail: impl Into<String>) -> Vec<Reason> {
    vec![Reason::new(rule, detail)]
}

fn over(run: &AnalysisRun, now: Timestamp) -> RunDecision {
    let Some(left) = ttl::left(run, now) else { return RunDecision::default() };
    if left <= 0 {
        return RunDecision {
            delete: true,
            because: because("analysis.ttl", "its time is over"),
            ..RunDecision::default()
        };
    }
    RunDecision {
        requeue_after: u64::try_from(left).ok().map(Duration::from_secs),
        because: because("analysis.ttl", format!("deleted in {left} s")),
        ..RunDecision::default()
    }
}

/// A run that cannot be measured at all; it has no times, so it is never deleted by age.
fn invalid(run: &AnalysisRun, message: String) -> RunDecision {
    let status = AnalysisRunStatus {
        phase: Some(AnalysisPhase::Error),
        message: message.clone(),
        ..run.status.clone()
    };
    RunDecision {
        status: Some(status),
        events: vec![completion(AnalysisPhase::Error)],
        because: because("analysis.invalid", message),
        ..RunDecision::default()
    }
}

fn completion(phase: AnalysisPhase) -> Event {
    told(phase, events::analysis_run(phase), format!("Analysis Completed. Result: {}", phase.as_str()))
}

fn told(phase: AnalysisPhase, reason: &'static str, message: String) -> Event {
    if matches!(phase, AnalysisPhase::Error | AnalysisPhase::Failed) {
        events::warning(reason, message)
    } else {
        events::normal(reason, message)
    }
}

fn judged(
    run: &AnalysisRun,
    prepared: &[Prepared],
    readings: &[Reading],
    settings: &Settings,
    now: Timestamp,
) -> RunDecision {
    // What fails in this pass ends its siblings in the next, which the status brings about.
    let terminating = terminating(run);
    let mut status = run.status.clone();
    for reading in readings {
        if let Some(metric) = prepared.iter().find(|metric| metric.metric.name == reading.name) {
            record::record(&run.metadata, &mut status, reading, metric.dry_run, terminating, now);
        }
    }
    let mut events = metrics(prepared, terminating, &mut status);
    let (phase, message) = run_phase::assess(run, prepared, settings, terminating, &mut status);
    status.started_at.get_or_insert(Time::from(now));
    let mut why = because("analysis.run", format!("{} {message}", phase.as_str()).trim_end());
    if run.status.phase != Some(phase) {
        status.phase = Some(phase);
        status.message = message;
        if phase.completed() {
            events.push(completion(phase));
            status.completed_at = Some(Time::from(now));
        }
    }
    let trimmed = trim(prepared, &mut status);
    let metrics = prepared.iter().map(|metric| &metric.metric);
    let requeue_after = match ttl::left(&AnalysisRun { status: status.clone(), ..run.clone() }, now) {
        _ if !phase.completed() => next::next(metrics, &status, now),
        left => left.and_then(|left| u64::try_from(left).ok()).map(Duration::from_secs),
    };
    why.extend(
        requeue_after
            .map(|after| Reason::new("analysis.wait", format!("next look in {} s", after.as_secs()))),
    );
    RunDecision { status: Some(status), events, requeue_after, delete: false, trimmed, because: why }
}

/// The phase of every metric with a result; an event for each that ended.
fn metrics(prepared: &[Prepared], terminating: bool, status: &mut AnalysisRunStatus) -> Vec<Event> {
    let mut events = Vec::new();
    for metric in prepared.iter().map(|metric| &metric.metric) {
        let Some(result) = status.metric_results.iter_mut().find(|result| result.name == metric.name) else {
            continue;
        };
        let phase = metric_phase::assess(metric, result, terminating);
        if result.phase == Some(phase) {
            continue;
        }
        result.phase = Some(phase);
        result.message = result.measurements.last().map(|last| last.message.clone()).unwrap_or_default();
        if phase.completed() {
            result.measurements.last_mut().into_iter().for_each(compare::over);
            let text = format!("Metric '{}' Completed. Result: {}", metric.name, phase.as_str());
            events.push(told(phase, events::metric(phase), text));
        }
    }
    events
}

/// Keeps the newest measurements of each metric (spec analysis-02 7), and of those what a status has room for; the
/// counters still count all.
fn trim(prepared: &[Prepared], status: &mut AnalysisRunStatus) -> Vec<Trimmed> {
    let length = |status: &AnalysisRunStatus, metric: &Metric| {
        result(&status.metric_results, &metric.name).map_or(0, |result| result.measurements.len())
    };
    let before: Vec<usize> = prepared.iter().map(|prepared| length(status, &prepared.metric)).collect();
    for Prepared { metric, kept, .. } in prepared {
        let mut results = status.metric_results.iter_mut();
        if let Some(result) = results.find(|result| result.name == metric.name) {
            let extra = result.measurements.len().saturating_sub(*kept);
            result.measurements.drain(..extra);
        }
    }
    size::bound(status);
    let trimmed = prepared.iter().zip(before).filter_map(|(Prepared { metric, .. }, before)| {
        let kept = length(status, metric);
        (kept < before).then(|| Trimmed { metric: metric.clone(), kept })
    });
    trimmed.collect()
}

/// The merge patch (RFC 7386) that turns a run with status `old` into one with status `new`; `None` when they are the
/// same. It goes to the object itself: runs have no status subresource.
pub fn status_patch(old: &AnalysisRunStatus, new: &AnalysisRunStatus) -> Option<Value> {
    let value = |status: &AnalysisRunStatus| serde_json::to_value(status).unwrap_or_default();
    // A run that was never reconciled has no status at all, so nothing of the new one is known to be there.
    let old = if old.is_unset() { json!({}) } else { value(old) };
    status::difference(&old, &value(new)).map(|status| json!({"status": status}))
}
