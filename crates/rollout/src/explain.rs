//! Why a Rollout stands where it stands, from what one pass decides.

use crd::{RolloutPhase, RolloutStatus, Time};
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::decision::{Decision, Reason};
use crate::observed::Observed;
use crate::rules::{Remedy, Rule};
use crate::words::status_changes;
use crate::{steps, weights};

/// Why a Rollout stands where it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The phase that its status tells; `None` when no controller has looked at it yet.
    pub phase: Option<RolloutPhase>,
    /// The sentence beside the phase.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Where the update is; `None` when there is none under way, or no step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<At>,
    /// Share of the traffic that the new version has, in percent, where a router splits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
    /// What is awaited or wrong, the most telling first; nothing when all is done.
    pub waits: Vec<Wait>,
    /// What the controller does next, in words; nothing when there is nothing to do.
    pub next: Vec<String>,
    /// When the controller looks again although nothing changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looks_again: Option<Time>,
}

/// A step of an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct At {
    /// Its number, from 1.
    pub number: i32,
    /// How many there are.
    pub of: i32,
    /// What it does, such as `setWeight: 25`.
    pub what: String,
}

/// One thing that is awaited or wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// The rule and what it found.
    #[serde(flatten)]
    pub reason: Reason,
    /// What it means.
    pub about: &'static str,
    /// What ends it; any one of them does.
    #[serde(serialize_with = "texts")]
    pub remedies: &'static [Remedy],
}

/// Explains the decision over `observed` at the time `now`.
///
/// ```
/// use std::sync::Arc;
/// use aviary_rollout::{Observed, Timestamp, explain, reconcile};
///
/// let rollout: crd::Rollout = crd::yaml::from_str("{metadata: {name: shop}, spec: {replicas: -1, strategy: {canary: {}}}}")?;
/// let observed = Observed { rollout: Arc::new(rollout), ..Observed::default() };
/// let now = Timestamp::UNIX_EPOCH;
/// let why = explain(&observed, &reconcile(&observed, now), now);
/// assert_eq!(why.waits[0].reason.rule, "spec.invalid");
/// # Ok::<(), crd::yaml::Error>(())
/// ```
pub fn explain(observed: &Observed, decision: &Decision, now: Timestamp) -> Explanation {
    let status = &observed.rollout.status;
    let mut waits: Vec<Wait> = Vec::new();
    for reason in &decision.because {
        let wait = wait(reason.clone());
        if !waits.contains(&wait) {
            waits.push(wait);
        }
    }
    waits.sort_by_key(|wait| Rule::rank(wait.reason.rule));
    Explanation {
        phase: status.phase,
        message: status.message.clone(),
        step: step(observed),
        weight: weight(observed),
        waits,
        next: next(decision, status),
        looks_again: decision
            .requeue_after
            .and_then(|after| Some(Time::from(now.checked_add(SignedDuration::try_from(after).ok()?).ok()?))),
    }
}

fn wait(reason: Reason) -> Wait {
    let rule = Rule::named(reason.rule);
    Wait {
        about: rule.map_or("waits", |rule| rule.about),
        remedies: rule.map_or(&[], |rule| rule.remedies),
        reason,
    }
}

fn step(observed: &Observed) -> Option<At> {
    let rollout = &observed.rollout;
    if rollout.fully_promoted() || rollout.status.abort {
        return None;
    }
    let steps = &rollout.canary()?.steps;
    let index = rollout.status.current_step_index?;
    let step = steps.get(usize::try_from(index).ok()?)?;
    let of = i32::try_from(steps.len()).ok()?;
    Some(At { number: index.saturating_add(1), of, what: steps::describe(step) })
}

fn weight(observed: &Observed) -> Option<i32> {
    let rollout = &observed.rollout;
    let recorded = rollout.status.canary.weights.as_ref().filter(|_| !rollout.fully_promoted())?;
    let max = i64::from(weights::max(rollout.canary()?));
    i32::try_from(i64::from(recorded.canary.weight) * 100 / max).ok()
}

fn next(decision: &Decision, stored: &RolloutStatus) -> Vec<String> {
    let mut next: Vec<String> = decision.actions.iter().map(ToString::to_string).collect();
    if let Some(status) = &decision.status {
        let changes = status_changes(stored, status);
        next.push(match changes.as_slice() {
            [] => "bring the status up to date".to_owned(),
            changes => format!("write the status: {}", changes.join(", ")),
        });
    }
    next
}

/// Remedies as texts; commands with `{name}` in the place of the Rollout's.
fn texts<S: Serializer>(remedies: &&'static [Remedy], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Text {
        #[serde(skip_serializing_if = "Option::is_none")]
        command: Option<&'static str>,
        effect: &'static str,
    }
    serializer.collect_seq(remedies.iter().map(|remedy| match remedy {
        Remedy::Command { line, effect } => Text { command: Some(line), effect },
        Remedy::Wait(effect) | Remedy::Mend(effect) => Text { command: None, effect },
    }))
}
