//! The controller end to end: releases on a real control plane, written from the specification.
//!
//! All tests run at once, each in a namespace of its own, on one control plane and with one controller; those that
//! kill or freeze a controller have their own. `cargo xtask e2e` runs them alone.

// Helpers of tests are tests, too, though they carry no #[test].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic)]

mod abort;
mod analysis;
mod blue_green;
mod bounds;
mod changes;
mod chaos;
mod deploy;
mod experiments;
mod harness;
mod invalid;
mod jobs;
mod late_statuses;
mod leader;
#[path = "../it/metrics.rs"]
mod metrics;
mod neighbours;
mod pause;
mod peer_definitions;
mod pods;
mod promote;
mod replica_sets;
mod restart;
mod routed;
mod scale;
mod stutter;
mod takeover;
mod time;
mod undo;
mod update;
mod workload_ref;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use harness::{Case, Stand, Table, Test};
use libtest_mimic::{Arguments, Trial};
use stutter::Stutter;
use xtask::control_plane::ControlPlane;

/// The tests wait for most of their time, so there are more of them at once than there are cores.
const AT_ONCE: usize = 16;

/// The tests by file, those that take longest first.
const TESTS: &[&[Test]] = &[
    restart::TESTS,
    chaos::TESTS,
    leader::TESTS,
    peer_definitions::TESTS,
    late_statuses::TESTS,
    abort::TESTS,
    analysis::TESTS,
    bounds::TESTS,
    changes::TESTS,
    deploy::TESTS,
    experiments::TESTS,
    invalid::TESTS,
    jobs::TESTS,
    neighbours::TESTS,
    pause::TESTS,
    pods::TESTS,
    promote::TESTS,
    replica_sets::TESTS,
    routed::TESTS,
    scale::TESTS,
    time::TESTS,
    undo::TESTS,
    update::TESTS,
    workload_ref::TESTS,
];

/// What the tests share, begun by the first of them.
#[derive(Default)]
struct Shared {
    stand: OnceLock<Option<Stand>>,
    table: Table,
}

impl Shared {
    /// The control plane, once it runs.
    fn plane(&self) -> Option<&ControlPlane> {
        self.stand.get()?.as_ref().map(|stand| &stand.plane)
    }

    /// Runs one test. Where the control plane is absent it says that the test is skipped, which fails in CI.
    fn run(&self, test: Test) {
        let start = || catch_unwind(|| Stand::start(test.name, &harness::definitions())).ok().flatten();
        let Some(stand) = self.stand.get_or_init(start) else {
            assert!(ControlPlane::available(test.name).is_none(), "the control plane did not start");
            return;
        };
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (test.run)(&Case::begin(stand, test.name))));
        let result = match &outcome {
            Ok(()) if peer_definitions::are_absent_for(test) => "skipped",
            Ok(()) => "ok",
            Err(_) => "FAILED",
        };
        self.table.add(test.name, result, begin.elapsed());
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }
}

fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let shared = Arc::new(Shared::default());
    let stutter = Stutter::begin(&shared);
    let tests = [TESTS, takeover::TESTS, blue_green::TESTS].into_iter().flatten().copied().flatten();
    let trials = tests.map(|test| {
        let (shared, test) = (Arc::clone(&shared), *test);
        Trial::test(test.name, move || {
            shared.run(test);
            Ok(())
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    if let Some(stutter) = stutter {
        stutter.end();
    }
    let Some(mut shared) = Arc::into_inner(shared) else { return ExitCode::FAILURE };
    if !shared.table.is_empty() {
        println!("{}", shared.table);
    }
    let complaint = shared.stand.take().flatten().and_then(|mut stand| stand.complaint());
    if let Some(complaint) = complaint {
        println!("the controller of all tests: {complaint}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
