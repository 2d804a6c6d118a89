//! The AnalysisRuns of a Rollout (spec rollout-canary 8).

use std::ops::ControlFlow;

use crate::plan::{Plan, Stop};

pub(crate) fn reconcile(_plan: &mut Plan<'_>) -> ControlFlow<Stop> {
    ControlFlow::Continue(())
}
