//! The whole controller against the API server in process, in virtual time.
//!
//! Everything between the API and the decision is real: reflectors, queues, workers, writes, events, lease. What is
//! outside of a cluster is played by [`outside::Played`], because a paused clock and real sockets never meet in one test.

// Helpers of tests are tests, too, though they carry no #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used)]

mod analyses;
mod bad_input;
mod beacons;
mod compare;
mod configuration;
mod conflicts;
mod crashes;
mod ended_early;
mod experiment_ends;
mod experiments;
mod gone;
mod hanging;
mod idle;
mod job_remains;
mod jobs;
mod journals;
mod lease;
mod manifests;
mod outside;
mod predicted;
mod region;
mod regions;
mod rights;
mod scope;
mod secrets;
mod servers;
mod told;
mod triggers;
mod tutorial;
mod unanswered;
mod values;
mod waiting;
