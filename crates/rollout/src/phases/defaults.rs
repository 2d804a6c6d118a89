//! What a Rollout may leave out, and what it should no longer say.

use std::ops::ControlFlow;

use crd::{Kind, names};
use serde_json::json;

use crate::plan::{Plan, Stop};
use crate::strategy::Strategy;

/// An abort of a fully promoted Rollout stops nothing and is taken back.
pub(crate) fn stale_abort<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    if plan.stored().abort && plan.rollout.fully_promoted() {
        plan.pauses.take_back_abort = true;
    }
    ControlFlow::Continue(())
}

/// Writes which generation of the workload the template is of, so that clients know whether status speaks of it.
pub(crate) fn workload_generation<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let known = plan.observed.rollout.metadata.annotation(names::WORKLOAD_GENERATION);
    let present = plan.rollout.metadata.annotation(names::WORKLOAD_GENERATION).map(str::to_owned);
    if let Some(generation) = present.filter(|generation| known != Some(generation.as_str())) {
        plan.annotate_rollout(names::WORKLOAD_GENERATION, &generation);
    }
    ControlFlow::Continue(())
}

/// An abort that comes after a full promotion was asked for is newer, and wins: it is always accepted (I5).
///
/// One that a pass has seen (`abortedAt`) is older than the wish to promote.
pub(crate) fn newest_wish<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    let stored = plan.stored();
    let both = stored.abort && stored.promote_full && stored.aborted_at.is_none();
    if !both || plan.rollout.fully_promoted() {
        return ControlFlow::Continue(());
    }
    plan.status.promote_full = false;
    plan.because("abort.wins", "the abort takes back the full promotion that was asked for before");
    ControlFlow::Break(Stop::WriteAsIs)
}

/// Writes `spec.replicas: 1` where it is absent, so that the scale subresource has something to show.
pub(crate) fn replicas<S: Strategy>(plan: &mut Plan<'_, S>) -> ControlFlow<Stop> {
    if plan.observed.rollout.spec.replicas.is_some() {
        return ControlFlow::Continue(());
    }
    let key = plan.key(Kind::ROLLOUT, &plan.rollout.metadata.name);
    plan.merge(key, json!({"spec": {"replicas": 1}}));
    plan.because("replicas.default", "spec.replicas is absent: writing 1");
    ControlFlow::Break(Stop::Silent)
}
