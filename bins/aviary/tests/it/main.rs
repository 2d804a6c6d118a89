//! The command as a user has it: a process, its output, its exit code.

// Helpers of tests are tests, too, though they carry no #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used)]

mod demo;
mod keep;
mod pipeline;
mod prometheus;
mod refusals;
mod releases;
