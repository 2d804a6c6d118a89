//! The in-memory Kubernetes, seen from outside.

// Helpers of tests are tests, too, though they carry no #[test]; and JSON reads best in place.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::similar_names
)]

mod apply;
mod controllers;
mod custom;
mod harness;
mod lists;
mod patches;
mod properties;
mod refusals;
mod tables;
