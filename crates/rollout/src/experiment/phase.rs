//! Where the Experiment stands (spec experiment-01 7).

use crd::{AnalysisPhase, ExperimentAnalysisStatus, TemplateCode, TemplateStatus};

use super::plan::{Plan, required_are_successful};
use super::times;
use crate::events;

/// Judges what was found of templates and analyses.
pub(super) fn assess(plan: &mut Plan<'_>) {
    let stored = plan.stored().phase;
    if stored.is_some_and(AnalysisPhase::completed) {
        return;
    }
    let (phase, message) = if stored.is_none() {
        (AnalysisPhase::Pending, String::new())
    } else {
        let templates = templates(&plan.status.template_statuses);
        if templates.0 == AnalysisPhase::Running {
            let now = plan.time();
            plan.status.available_at.get_or_insert(now);
        }
        both(plan, templates)
    };
    plan.status.phase = Some(phase);
    plan.status.message = message;
    if stored != Some(phase) {
        tell(plan, stored, phase);
    }
    await_the_end(plan, phase);
}

/// The worst of the templates. Those that were not looked at yet are on their way.
fn templates(statuses: &[TemplateStatus]) -> (AnalysisPhase, String) {
    let code = |status: &TemplateStatus| status.code.unwrap_or(TemplateCode::Progressing);
    // Of equally bad ones the first.
    let worst = statuses.iter().rev().max_by_key(|status| code(status));
    let Some(worst) = worst else { return (AnalysisPhase::Successful, String::new()) };
    let phase = match code(worst) {
        TemplateCode::Progressing => AnalysisPhase::Pending,
        TemplateCode::Running => AnalysisPhase::Running,
        TemplateCode::Successful => AnalysisPhase::Successful,
        TemplateCode::Failed => AnalysisPhase::Failed,
        TemplateCode::Error => AnalysisPhase::Error,
    };
    (phase, worst.message.clone())
}

/// How bad a phase is.
fn rank(phase: AnalysisPhase) -> usize {
    match phase {
        AnalysisPhase::Successful => 0,
        AnalysisPhase::Running => 1,
        AnalysisPhase::Pending => 2,
        AnalysisPhase::Inconclusive => 3,
        AnalysisPhase::Error => 4,
        AnalysisPhase::Failed => 5,
    }
}

/// The worst of the analyses; well as soon as all that is required is, and nothing is bad.
fn analyses(plan: &Plan<'_>) -> (AnalysisPhase, String) {
    let runs = &plan.status.analysis_runs;
    // One that was never begun keeps nobody waiting.
    let phase = |run: &ExperimentAnalysisStatus| match run.phase {
        Some(AnalysisPhase::Pending) => AnalysisPhase::Running,
        Some(phase) => phase,
        None if run.analysis_run.is_empty() => AnalysisPhase::Successful,
        None => AnalysisPhase::Running,
    };
    let worst = runs.iter().rev().max_by_key(|run| rank(phase(run)));
    let Some(worst) = worst else { return (AnalysisPhase::Successful, String::new()) };
    let found = phase(worst);
    let bad = rank(found) > rank(AnalysisPhase::Pending);
    if !bad && required_are_successful(plan.experiment, &plan.status) {
        return (AnalysisPhase::Successful, "Required AnalysisRuns completed".to_owned());
    }
    (found, worst.message.clone())
}

fn both(plan: &Plan<'_>, templates: (AnalysisPhase, String)) -> (AnalysisPhase, String) {
    let analyses = analyses(plan);
    let required = plan.experiment.spec.analyses.iter().any(|analysis| analysis.required_for_completion);
    let bad = rank(analyses.0) > rank(AnalysisPhase::Pending);
    let analyses_decide = match templates.0 {
        AnalysisPhase::Failed | AnalysisPhase::Error => false,
        AnalysisPhase::Successful => analyses.0.completed() || required,
        _ => bad || required_are_successful(plan.experiment, &plan.status),
    };
    if analyses_decide { analyses } else { templates }
}

fn tell(plan: &mut Plan<'_>, before: Option<AnalysisPhase>, phase: AnalysisPhase) {
    let old = before.map_or("", AnalysisPhase::as_str);
    let text = format!("Experiment transitioned from {old} -> {}", phase.as_str());
    let bad = matches!(phase, AnalysisPhase::Failed | AnalysisPhase::Error | AnalysisPhase::Inconclusive);
    let event = if bad { events::warning } else { events::normal };
    plan.tell(event(events::experiment(phase), text));
}

/// Looks again when its time is over.
fn await_the_end(plan: &mut Plan<'_>, phase: AnalysisPhase) {
    if phase.completed() || plan.terminating || plan.passed {
        return;
    }
    // The moment at which it became available may be this pass.
    let mut begun = plan.experiment.clone();
    begun.status.available_at = plan.status.available_at;
    if let Some(end) = times::end(&begun) {
        plan.requeue_at(times::after(end, 1));
        plan.because("experiment.duration", format!("runs until {end}"));
    }
}
