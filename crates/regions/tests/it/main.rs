//! Verdicts over real HTTP servers, and gates over what regions say of themselves.

// Helpers of tests may fail as tests do: loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::needless_pass_by_value)]

mod gate;
mod soak;
mod tls;
mod verify;
