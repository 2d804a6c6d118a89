//! The AnalysisRuns before and after the switch (spec rollout-bluegreen 7).

use std::ops::ControlFlow;

use crd::{AnalysisPhase, AnalysisRun, AnalysisRunRef, BlueGreen, ReplicaSet, RolloutAnalysis};

use super::is_saturated;
use crate::pauses;
use crate::phases::analysis_runs::{self as runs, Role};
use crate::plan::{Plan, Stop};
use crate::sets;

/// Keeps the runs that are due, ends all others; what they found stays in the status until the next template.
pub(crate) fn reconcile(plan: &mut Plan<'_, BlueGreen>) -> ControlFlow<Stop> {
    let stored = &plan.stored().blue_green;
    let before = stored.pre_promotion_analysis_run_status.as_ref();
    let after = stored.post_promotion_analysis_run_status.as_ref();
    let mut kept = Vec::new();
    if runs::nothing_is_measured(plan) {
        remember(plan, Role::PrePromotion, before);
        remember(plan, Role::PostPromotion, after);
    } else {
        let strategy = plan.strategy;
        kept.extend(keep(plan, Role::PrePromotion, strategy.pre_promotion_analysis.as_ref(), before));
        kept.extend(keep(plan, Role::PostPromotion, strategy.post_promotion_analysis.as_ref(), after));
        runs::tell_phases(plan);
    }
    runs::retire(plan, &kept);
    ControlFlow::Continue(())
}

/// The run of `role`; its name when it goes on.
fn keep(
    plan: &mut Plan<'_, BlueGreen>,
    role: Role,
    analysis: Option<&RolloutAnalysis>,
    known: Option<&AnalysisRunRef>,
) -> Option<String> {
    let analysis = analysis.filter(|analysis| !analysis.templates.is_empty())?;
    let current = runs::find(plan, known);
    let applies = match role {
        Role::PostPromotion => applies_after_the_switch(plan),
        _ => applies_before_the_switch(plan),
    };
    if !applies || (current.is_none() && !pods_are_there(plan, role)) {
        remember(plan, role, known);
        return None;
    }
    if pauses::pause(plan.stored(), pauses::INCONCLUSIVE_ANALYSIS).is_some() {
        return current.map(|run| runs::keep(plan, role, run));
    }
    runs::create_or_judge(plan, role, analysis, current)
}

/// Names the run in the status as it is now.
fn remember(plan: &mut Plan<'_, BlueGreen>, role: Role, known: Option<&AnalysisRunRef>) {
    match (runs::find(plan, known), known) {
        (Some(run), _) => {
            runs::keep(plan, role, run);
        }
        (None, Some(known)) => runs::set(&mut plan.status, role, known.clone()),
        (None, None) => {}
    }
}

/// Whether users are still at another version.
fn applies_before_the_switch(plan: &Plan<'_, BlueGreen>) -> bool {
    let new = plan.new_set().map_or("", ReplicaSet::hash);
    let active = plan.stored().blue_green.active_selector.as_str();
    !plan.sets.new_is_stable() && !new.is_empty() && !active.is_empty() && active != new
}

/// Whether users were switched, and may have to go back. The stored selector counts: the run begins a pass later.
pub(super) fn applies_after_the_switch(plan: &Plan<'_, BlueGreen>) -> bool {
    let new = plan.new_set().map_or("", ReplicaSet::hash);
    !plan.sets.new_is_stable() && !new.is_empty() && plan.stored().blue_green.active_selector == new
}

fn pods_are_there(plan: &Plan<'_, BlueGreen>, role: Role) -> bool {
    let few = plan.strategy.preview_replica_count.filter(|_| role == Role::PrePromotion);
    plan.new_set().is_some_and(|set| match few {
        Some(few) => sets::has(set, few),
        None => is_saturated(plan, set),
    })
}

pub(super) fn before_is_successful(plan: &Plan<'_, BlueGreen>) -> bool {
    is_successful(plan, plan.stored().blue_green.pre_promotion_analysis_run_status.as_ref())
}

pub(super) fn after_is_successful(plan: &Plan<'_, BlueGreen>) -> bool {
    is_successful(plan, plan.stored().blue_green.post_promotion_analysis_run_status.as_ref())
}

/// Whether the run that the status names has ended well; the run itself knows best.
fn is_successful(plan: &Plan<'_, BlueGreen>, known: Option<&AnalysisRunRef>) -> bool {
    let run: Option<&AnalysisRun> = runs::find(plan, known);
    let phase = run.map_or_else(|| known.and_then(|known| known.status), |run| run.status.phase);
    phase == Some(AnalysisPhase::Successful)
}
