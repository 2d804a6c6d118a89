//! The simulator, seen from outside.

// Helpers of tests may fail as tests do: loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod comparison;
mod invariants;
mod migration;
mod scenarios;
mod soak;
mod tutorial;
