//! The controller as it is shipped: a process, against the real control plane.

// Helpers of tests are tests, too, though they carry no #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used)]

mod authority;
mod canary;
mod charts;
mod cluster;
mod controller;
mod front;
mod gateway;
mod helm;
mod install;
mod leading;
mod local_region;
mod measuring;
mod metrics;
mod namespaced;
mod region;
mod releases;
mod retry;
mod start;
mod two_regions;
mod variants;
