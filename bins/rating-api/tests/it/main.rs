//! The binary as a Pod runs it: a process, its signals, its exit code.

// Helpers of tests are tests, too, though they carry no #[test].
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod drain;
mod process;
mod refusals;
