//! Pods that are older than `spec.restartAt` are evicted, a few at a time (spec rollout-status-events 2).

use std::ops::ControlFlow;
use std::time::Duration;

use crd::{Kind, Pod, Time};
use jiff::SignedDuration;

use crate::decision::{Action, Reason};
use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;
use crate::words;

/// How soon a restart that is not done is looked at again.
const AGAIN: Duration = Duration::from_secs(30);

/// Evicts what may go now, and ends the pass that does: sizes wait until the pods are seen to be gone.
pub(crate) fn pods<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    if evict(plan) == 0 {
        return ControlFlow::Continue(());
    }
    // A disruption budget may refuse, again and again: users are told meanwhile what it waits for.
    plan.status = plan.stored().clone();
    ControlFlow::Break(Stop::Write)
}

/// The same beside everything else: the pass goes on.
pub(crate) fn beside<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    evict(plan);
    ControlFlow::Continue(())
}

/// Evicts as many old pods as may go now, and says how many. The restart is over once there are none: those that are
/// asked to go may be refused.
fn evict<S: Strategy>(plan: &mut Plan<'_, S>) -> usize {
    let Some(restart_at) = plan.rollout.spec.restart_at else { return 0 };
    if plan.stored().restarted_at == Some(restart_at) {
        return 0;
    }
    if restart_at.timestamp() >= plan.now {
        plan.requeue_at(restart_at.timestamp());
        plan.give(Reason::new("restart.later", "the pods are to be restarted later").until(Some(restart_at)));
        return 0;
    }
    let (old, evicted) = evict_old(plan, restart_at);
    if old == 0 {
        plan.status.restarted_at = Some(restart_at);
    } else {
        plan.requeue(AGAIN);
        let left = i64::try_from(old).unwrap_or(i64::MAX);
        let detail = format!("{} from before the restart to go", words::pods(left));
        plan.give(Reason::new("restart.wait", detail).since(Some(restart_at)));
    }
    evicted
}

/// Counts the old pods and those evicted of them.
fn evict_old<S: Strategy>(plan: &mut Plan<'_, S>, restart_at: Time) -> (usize, usize) {
    let observed = plan.observed;
    let owned = |pod: &&Pod| {
        let owner = pod.metadata.controller().map(|owner| owner.uid.as_str());
        owner.is_some() && plan.sets.all.iter().any(|set| owner == Some(set.metadata.uid.as_str()))
    };
    let pods: Vec<&Pod> = observed.pods.iter().map(AsRef::as_ref).filter(owned).collect();
    let available = pods.iter().filter(|pod| is_available(plan, pod)).count();
    let wanted = plan.sets.all.iter().map(|set| set.replicas()).fold(0, i32::saturating_add);
    let concurrent = plan.strategy.unavailable(plan.replicas()).max(1);
    let needed = wanted.max(plan.replicas()).saturating_sub(concurrent);
    let mut budget = available.saturating_sub(usize::try_from(needed).unwrap_or(0));
    let old = |pod: &&&Pod| pod.metadata.creation_timestamp.is_some_and(|created| created < restart_at);
    let (mut counted, mut evicted) = (0, 0);
    for pod in pods.iter().filter(old) {
        counted += 1;
        if budget > 0 && pod.metadata.deletion_timestamp.is_none() {
            let key = plan.key(Kind::POD, &pod.metadata.name);
            plan.act(Action::Evict { key });
            budget -= 1;
            evicted += 1;
        }
    }
    (counted, evicted)
}

fn is_available<S: Strategy>(plan: &Plan<'_, S>, pod: &Pod) -> bool {
    if pod.metadata.deletion_timestamp.is_some() || !pod.is_ready() {
        return false;
    }
    let minimum = plan.rollout.spec.min_ready_seconds;
    let long_enough = |since: Time| {
        since
            .timestamp()
            .saturating_add(SignedDuration::from_secs(minimum.into()))
            .is_ok_and(|end| end <= plan.now)
    };
    minimum == 0 || pod.ready_since().is_some_and(long_enough)
}
