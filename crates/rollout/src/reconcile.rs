//! One pass: prepare, carry out the strategy's phases, write status.

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::decision::{Decision, Reason};
use crate::observed::Observed;
use crate::plan::{Plan, Stop};
use crate::strategy::{Phase, Strategy};
use crate::{invalid, status, validation, workload};

use crate::phases::{claim, defaults, hand_over, paused, revision, scaling};

/// What every strategy needs before its own phases (spec rollout-reconcile 2).
fn prepare<S: Strategy>() -> [Phase<S>; 10] {
    [
        claim::replica_sets,
        revision::find,
        revision::create,
        defaults::workload_generation,
        defaults::stale_abort,
        defaults::newest_wish,
        defaults::replicas,
        paused::conditions,
        revision::sync,
        scaling::event,
    ]
}

/// Decides what to do next. Total: it cannot fail, block, or read a clock.
///
/// An invalid Rollout becomes a condition; nothing else is touched (spec rollout-reconcile 2.1).
pub fn reconcile(observed: &Observed, now: Timestamp) -> Decision {
    if observed.rollout.metadata.deletion_timestamp.is_some() {
        let detail = "it is being deleted, and nothing more is done for it";
        let reason =
            Reason::new("rollout.deleted", detail).since(observed.rollout.metadata.deletion_timestamp);
        return Decision { because: vec![reason], ..Decision::default() };
    }
    let rollout = match workload::resolve(&observed.rollout, &observed.routes) {
        Ok(None) => Arc::clone(&observed.rollout),
        Ok(Some(rollout)) => Arc::new(rollout),
        Err(problem) => return invalid::decide(observed, now, &problem, invalid::WORKLOAD_RETRY),
    };
    match validation::check(observed, &rollout) {
        Err(problem) => invalid::decide(observed, now, &problem, invalid::RETRY),
        Ok(()) => match (observed.rollout.canary(), observed.rollout.blue_green()) {
            (Some(canary), _) => carry_out(Plan::new(observed, rollout, canary, now)),
            (None, Some(blue_green)) => carry_out(Plan::new(observed, rollout, blue_green, now)),
            (None, None) => Decision::default(),
        },
    }
}

fn carry_out<S: Strategy>(mut plan: Plan<'_, S>) -> Decision {
    let end = prepare().iter().chain(S::PHASES).try_for_each(|phase| phase(&mut plan));
    match end {
        ControlFlow::Continue(()) | ControlFlow::Break(Stop::Judge) => {
            S::judge(&mut plan);
            hand_over::deployment(&mut plan);
            status::write(&mut plan);
        }
        ControlFlow::Break(Stop::Write) => status::write(&mut plan),
        ControlFlow::Break(Stop::WriteAsIs) => status::write_as_is(&mut plan),
        ControlFlow::Break(Stop::Silent) => {}
    }
    plan.decision
}
