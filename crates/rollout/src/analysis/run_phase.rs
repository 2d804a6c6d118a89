//! Where the run stands, and why (spec analysis-02 6).

use crd::{AnalysisPhase, AnalysisRun, AnalysisRunStatus, ObjectMeta, RunSummary};

use super::limits::Limits;
use super::metric_phase::passed_limit;
use super::prepare::Prepared;
use crate::observed::Settings;

/// Annotation of an AnalysisRun: `"true"` lets it end Successful although no measurement was, any other value does not,
/// whatever [`Settings::accept_no_success`] says. The runs of a Rollout inherit it, those of its Experiments too.
pub const ACCEPT_NO_SUCCESS: &str = "aviary.dev/accept-no-success";

/// The annotation [`ACCEPT_NO_SUCCESS`] as an object inherits it from its owner.
pub(crate) fn inherited(owner: &ObjectMeta) -> Option<(String, String)> {
    Some((ACCEPT_NO_SUCCESS.to_owned(), owner.annotation(ACCEPT_NO_SUCCESS)?.to_owned()))
}

/// How bad a phase is; an unknown one is not.
fn severity(phase: AnalysisPhase) -> u8 {
    match phase {
        AnalysisPhase::Successful => 0,
        AnalysisPhase::Running => 1,
        AnalysisPhase::Pending => 2,
        AnalysisPhase::Inconclusive => 3,
        AnalysisPhase::Error => 4,
        AnalysisPhase::Failed => 5,
    }
}

/// What the metrics together say.
struct Sum {
    worst: Option<AnalysisPhase>,
    message: String,
    unfinished: bool,
}

/// Counts the metrics and gives the run's phase with its message.
pub(super) fn assess(
    run: &AnalysisRun,
    prepared: &[Prepared],
    settings: &Settings,
    terminating: bool,
    status: &mut AnalysisRunStatus,
) -> (AnalysisPhase, String) {
    let message = if run.spec.terminate { "Run Terminated" } else { "" };
    let mut sum = Sum { worst: None, message: message.to_owned(), unfinished: false };
    let (mut real, mut dry) = (RunSummary::default(), RunSummary::default());
    for metric in prepared {
        let summary = if metric.dry_run { &mut dry } else { &mut real };
        summary.count += 1;
        sum.add(metric, summary, status);
    }
    let (phase, message) = match sum.worst {
        worst if terminating => (worst.unwrap_or(AnalysisPhase::Successful), sum.message),
        Some(worst) if !sum.unfinished => (worst, sum.message.trim().to_owned()),
        _ => (AnalysisPhase::Running, String::new()),
    };
    status.run_summary = real;
    status.dry_run_summary = Some(dry);
    let unfounded = phase == AnalysisPhase::Successful && !terminating && !knows_good(prepared, status);
    if unfounded && !accepts_no_success(run, settings) {
        return (AnalysisPhase::Inconclusive, "No measurement was successful".to_owned());
    }
    (phase, message)
}

/// Invariant I9: a good measurement of a metric that counts is known, unless none counts.
fn knows_good(prepared: &[Prepared], status: &AnalysisRunStatus) -> bool {
    let counts = prepared.iter().any(|metric| !metric.dry_run);
    !counts || status.metric_results.iter().any(|result| !result.dry_run && result.successful > 0)
}

fn accepts_no_success(run: &AnalysisRun, settings: &Settings) -> bool {
    run.metadata.annotation(ACCEPT_NO_SUCCESS).map_or(settings.accept_no_success, |value| value == "true")
}

impl Sum {
    fn add(&mut self, prepared: &Prepared, summary: &mut RunSummary, status: &mut AnalysisRunStatus) {
        let name = &prepared.metric.name;
        let result = status.metric_results.iter_mut().find(|result| result.name == *name);
        let finished = result.and_then(|result| {
            let phase = result.phase.filter(|phase| phase.completed())?;
            Some((result, phase))
        });
        let Some((result, phase)) = finished else {
            self.unfinished = true;
            return;
        };
        let passed = passed_limit(&Limits::of(&prepared.metric), result);
        match passed.as_ref().map(|(phase, _)| *phase) {
            Some(AnalysisPhase::Error) => summary.error += 1,
            Some(AnalysisPhase::Failed) => summary.failed += 1,
            Some(AnalysisPhase::Inconclusive) => summary.inconclusive += 1,
            _ => summary.successful += 1,
        }
        if prepared.dry_run {
            self.worst.get_or_insert(AnalysisPhase::Successful);
            if let Some((phase, text)) = passed {
                result.message = format!("Metric assessed {} due to {text}", phase.as_str());
            }
            return;
        }
        if self.worst.is_some_and(|worst| severity(phase) <= severity(worst)) {
            return;
        }
        self.worst = Some(phase);
        if let Some((_, text)) = passed {
            let cause = match result.message.as_str() {
                "" => String::new(),
                message => format!(": \"Error Message: {message}\""),
            };
            self.message = format!("Metric \"{name}\" assessed {} due to {text}{cause}", phase.as_str());
        }
    }
}
