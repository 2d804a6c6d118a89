//! Rollouts as the peer's controller leaves them half-way (spec rollout-traces), and ours goes on.

mod blue_green;
mod canary;
mod left;

use crate::harness::Test;

/// The tests by file.
pub(crate) const TESTS: &[&[Test]] = &[blue_green::TESTS, canary::TESTS];
