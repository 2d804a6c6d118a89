//! What an update waits for, told at the end of a pass from what the pass left.

use crd::{Condition, PauseCondition, ReplicaSet, Time, duration};

use super::{conditions, progress};
use crate::decision::Reason;
use crate::plan::Plan;
use crate::strategy::Strategy;
use crate::{pauses, sets, words};

/// Gives the reasons that no phase gives: a phase knows its own rule, not why the whole stands still.
pub(super) fn tell<S: Strategy>(plan: &mut Plan<'_, S>) {
    let mut found: Vec<Reason> = Vec::new();
    found.extend(aborted(plan));
    found.extend(held(plan));
    found.extend(plan.status.pause_conditions.iter().map(|pause| paused(plan, pause)));
    found.extend(timed_out(plan));
    found.extend(pods(plan));
    for reason in found {
        plan.give(reason);
    }
}

fn progressing<'p, S: Strategy>(plan: &'p Plan<'_, S>) -> Option<&'p Condition> {
    plan.status.condition(conditions::PROGRESSING)
}

fn aborted<S: Strategy>(plan: &Plan<'_, S>) -> Option<Reason> {
    if !plan.status.abort {
        return None;
    }
    let told = progressing(plan).filter(|condition| condition.reason == conditions::ABORTED);
    let detail = told.map_or("the update was given up", |condition| condition.message.as_str());
    Some(Reason::new("update.aborted", detail).since(plan.status.aborted_at))
}

/// A person holds the Rollout.
fn held<S: Strategy>(plan: &Plan<'_, S>) -> Option<Reason> {
    if !plan.rollout.spec.paused {
        return None;
    }
    let told = plan.status.condition(conditions::PAUSED).filter(|condition| condition.status == "True");
    let since = told.and_then(|condition| condition.last_transition_time);
    Some(Reason::new("spec.paused", "spec.paused is true: somebody paused it").since(since))
}

fn paused<S: Strategy>(plan: &Plan<'_, S>, pause: &PauseCondition) -> Reason {
    let since = Some(pause.start_time);
    if pause.reason == pauses::INCONCLUSIVE_ANALYSIS {
        return Reason::new("pause.inconclusive", "an analysis could not tell good from bad").since(since);
    }
    if pause.reason == pauses::INCONCLUSIVE_EXPERIMENT {
        return Reason::new("pause.inconclusive", "an Experiment could not tell good from bad").since(since);
    }
    if pause.reason == pauses::BLUE_GREEN {
        return before_the_switch(plan, pause);
    }
    if pause.reason != pauses::PAUSE_STEP {
        return Reason::new("pause.wait", format!("paused: {}", pause.reason)).since(since);
    }
    let step = plan.current_step();
    let at = step.map_or_else(String::new, |(index, _)| {
        format!("step {} of {} is a pause", index.saturating_add(1), plan.steps().len())
    });
    let length = step.and_then(|(_, step)| step.pause.as_ref()?.duration.as_ref());
    match length.and_then(duration::whole_seconds) {
        Some(seconds) => {
            let until = pause.start_time.plus_seconds(seconds);
            Reason::new("pause.timed", at).since(since).until(Some(until))
        }
        None => Reason::new("pause.wait", format!("{at} without an end")).since(since),
    }
}

fn before_the_switch<S: Strategy>(plan: &Plan<'_, S>, pause: &PauseCondition) -> Reason {
    let detail = "the new version is there, and the active Service not switched to it";
    let since = Some(pause.start_time);
    let blue_green = plan.rollout.blue_green().filter(|it| it.auto_promotion_enabled != Some(false));
    match blue_green.map_or(0, |blue_green| blue_green.auto_promotion_seconds) {
        seconds if seconds > 0 => {
            let until = pause.start_time.plus_seconds(seconds.into());
            Reason::new("switch.timed", detail).since(since).until(Some(until))
        }
        _ => Reason::new("switch.wait", detail).since(since),
    }
}

fn timed_out<S: Strategy>(plan: &Plan<'_, S>) -> Option<Reason> {
    let told = progressing(plan).filter(|condition| condition.reason == conditions::TIMED_OUT)?;
    Some(Reason::new("progress.deadline", told.message.as_str()).since(told.last_update_time))
}

/// Pods that are to become available, and pods that are to go.
fn pods<S: Strategy>(plan: &Plan<'_, S>) -> Vec<Reason> {
    let since = progressing(plan).and_then(|condition| condition.last_update_time);
    let until = progress::ends(plan).map(Time::from);
    let new = plan.new_set().filter(|_| !plan.status.abort);
    let stable = plan.stable_set().filter(|_| !plan.sets.new_is_stable());
    let timed = |reason: Reason| reason.since(since).until(until);
    let mut found = Vec::new();
    found.extend(new.and_then(coming).map(|detail| timed(Reason::new("pods.new", detail))));
    found.extend(stable.and_then(coming).map(|detail| timed(Reason::new("pods.stable", detail))));
    let going = plan.sets.all.iter().filter_map(|set| going(set));
    found.extend(going.map(|detail| Reason::new("pods.old", detail).since(since)));
    found
}

fn coming(set: &ReplicaSet) -> Option<String> {
    let (wanted, available) = (set.replicas(), set.status.available_replicas);
    if available >= wanted {
        let untold = wanted > 0 && !sets::is_observed(set);
        let name = &set.metadata.name;
        return untold.then(|| format!("ReplicaSet {name} was resized, and does not say yet what it has"));
    }
    let mut detail =
        format!("{available} of {wanted} pods of ReplicaSet {} are available", set.metadata.name);
    let failure =
        set.status.conditions.iter().find(|condition| condition.kind == conditions::REPLICA_FAILURE);
    if let Some(failure) = failure {
        detail = format!("{detail}; pods cannot be made: {}", failure.message);
    }
    Some(detail)
}

fn going(set: &ReplicaSet) -> Option<String> {
    let surplus = set.status.replicas.saturating_sub(set.replicas());
    (surplus > 0).then(|| format!("{} of ReplicaSet {} to end", words::pods(surplus), set.metadata.name))
}
