//! Plugin steps (spec rollout-canary 5.5).

use std::ops::ControlFlow;

use crd::{PluginOperation, PluginPhase, PluginStep, StepPluginStatus};

use crate::events;
use crate::plan::{Plan, Stop};
use crate::plugins::{self, Answer};

/// Lets the nearest plugin step ahead look out, so that it may give the update up before it is reached.
pub(crate) fn watch(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    let goes_on = !plan.rollout.fully_promoted() && !plan.aborted() && plan.sets.stable.is_some();
    if !goes_on || plan.stored().promote_full {
        return ControlFlow::Continue(());
    }
    let current = plan.stored().current_step_index.unwrap_or(0).max(0);
    let mut ahead = plan.steps().iter().enumerate().skip(current as usize + 1);
    let next = ahead.find_map(|(index, step)| Some((index as i32, step.plugin.as_ref()?)));
    let at_plugin = plan.current_step().is_some_and(|(_, step)| step.plugin.is_some());
    let observed = plan.observed;
    if let Some((index, plugin)) = next.filter(|_| !at_plugin)
        && !plugins::is_disabled(observed, plugin)
        && let Some(known) = plugins::find(&plugin.name)
        && let Err(why) = known.watch(plan, index, plugin)
    {
        plan.pauses.abort = Some(failure(index, plugin, &why));
    }
    ControlFlow::Continue(())
}

/// Runs the plugin of the current step; ends those that an abort or a promotion overtook.
pub(crate) fn steps(plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    if plan.aborted() {
        abort(plan);
    } else if plan.stored().promote_full || plan.rollout.fully_promoted() {
        terminate(plan);
    } else {
        forget_earlier_attempt(plan);
        if let Some((index, plugin)) =
            plan.current_step().and_then(|(index, step)| Some((index, step.plugin.as_ref()?)))
            && !plan.rollout.spec.paused
            && !plugins::is_disabled(plan.observed, plugin)
        {
            run(plan, index, plugin);
        }
    }
    ControlFlow::Continue(())
}

/// After a retry the steps begin anew, and so do their plugins.
fn forget_earlier_attempt(plan: &mut Plan<'_>) {
    if plan.stored().current_step_index == Some(0) {
        let running = |status: &StepPluginStatus| {
            status.index == 0
                && status.operation == PluginOperation::Run
                && status.phase == Some(PluginPhase::Running)
        };
        plan.status.canary.step_plugin_statuses.retain(running);
    }
}

fn run(plan: &mut Plan<'_>, index: i32, plugin: &PluginStep) {
    let Some(known) = plugins::find(&plugin.name) else { return };
    let is_run =
        |status: &StepPluginStatus| status.index == index && status.operation == PluginOperation::Run;
    let position = plan.status.canary.step_plugin_statuses.iter().position(is_run);
    let entry = position.and_then(|position| plan.status.canary.step_plugin_statuses.get(position));
    let over = |phase| matches!(phase, Some(PluginPhase::Successful | PluginPhase::Failed));
    if entry.is_some_and(|entry| over(entry.phase)) {
        return;
    }
    let begun = entry.and_then(|entry| entry.started_at).unwrap_or(plan.time());
    let answer = known.run(plan, index, plugin, begun);
    let changed = entry_of(plan, position).is_none_or(|entry| {
        entry.phase != Some(answer.phase) || entry.message != answer.message || entry.status != answer.memory
    });
    if changed {
        record(plan, position, index, plugin, &answer);
    }
    if answer.phase == PluginPhase::Failed {
        tell(plan, index, plugin, answer.phase, "transitioned to Failed");
        plan.pauses.abort = Some(failure(index, plugin, &answer.message));
    }
}

fn entry_of<'p>(plan: &'p Plan<'_>, position: Option<usize>) -> Option<&'p StepPluginStatus> {
    plan.status.canary.step_plugin_statuses.get(position?)
}

fn record(plan: &mut Plan<'_>, position: Option<usize>, index: i32, plugin: &PluginStep, answer: &Answer) {
    let now = plan.time();
    let statuses = &mut plan.status.canary.step_plugin_statuses;
    let mut entry = match position {
        Some(position) => statuses.remove(position),
        None => new_entry(index, plugin, PluginOperation::Run),
    };
    entry.started_at = entry.started_at.or(Some(now));
    entry.updated_at = Some(now);
    entry.executions = entry.executions.saturating_add(1);
    entry.phase = Some(answer.phase);
    entry.message.clone_from(&answer.message);
    entry.status.clone_from(&answer.memory);
    entry.finished_at = (answer.phase != PluginPhase::Running).then_some(now);
    statuses.insert(position.unwrap_or(statuses.len()), entry);
}

fn new_entry(index: i32, plugin: &PluginStep, operation: PluginOperation) -> StepPluginStatus {
    StepPluginStatus {
        index,
        name: plugin.name.clone(),
        operation,
        phase: None,
        message: String::new(),
        started_at: None,
        updated_at: None,
        finished_at: None,
        backoff: String::new(),
        executions: 0,
        disabled: false,
        status: serde_json::Value::Null,
    }
}

/// From the last to the first: every Run that did or may have done something is taken back, once.
fn abort(plan: &mut Plan<'_>) {
    let runs: Vec<i32> = of_operation(plan, PluginOperation::Run)
        .filter(|status| matches!(status.phase, Some(PluginPhase::Running | PluginPhase::Successful)))
        .map(|status| status.index)
        .collect();
    for index in runs.into_iter().rev() {
        end(plan, index, PluginOperation::Abort, "aborted (Successful)");
    }
}

/// The last Run that still runs is not waited for any more.
fn terminate(plan: &mut Plan<'_>) {
    let running = of_operation(plan, PluginOperation::Run)
        .filter(|status| status.phase == Some(PluginPhase::Running))
        .last()
        .map(|status| status.index);
    if let Some(index) = running {
        end(plan, index, PluginOperation::Terminate, "terminated (Successful)");
    }
}

fn of_operation<'p>(
    plan: &'p Plan<'_>,
    operation: PluginOperation,
) -> impl Iterator<Item = &'p StepPluginStatus> {
    plan.status.canary.step_plugin_statuses.iter().filter(move |status| status.operation == operation)
}

fn end(plan: &mut Plan<'_>, index: i32, operation: PluginOperation, what: &str) {
    if of_operation(plan, operation).any(|status| status.index == index) {
        return;
    }
    let step = usize::try_from(index).ok().and_then(|index| plan.steps().get(index));
    let Some(plugin) = step.and_then(|step| step.plugin.as_ref()) else { return };
    let now = Some(plan.time());
    let entry = StepPluginStatus {
        phase: Some(PluginPhase::Successful),
        started_at: now,
        updated_at: now,
        finished_at: now,
        ..new_entry(index, plugin, operation)
    };
    plan.status.canary.step_plugin_statuses.push(entry);
    tell(plan, index, plugin, PluginPhase::Successful, what);
}

fn tell(plan: &mut Plan<'_>, index: i32, plugin: &PluginStep, phase: PluginPhase, what: &str) {
    let message = format!("Step plugin {} (step {}) {what}", plugin.name, index + 1);
    let bad = matches!(phase, PluginPhase::Failed | PluginPhase::Error);
    let tell = if bad { events::warning } else { events::normal };
    plan.tell(tell(events::STEP_PLUGIN_TRANSITION, message));
}

fn failure(index: i32, plugin: &PluginStep, why: &str) -> String {
    format!("Step Plugin {} ({}) failed: {why}", index + 1, plugin.name)
}
