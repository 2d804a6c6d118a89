//! Commands against a scripted API server, without sockets.

// Helpers of tests, where a panic is the failure.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod analysis_runs;
mod better;
mod comparisons;
mod explain;
mod faces;
mod help;
mod history;
mod judge;
mod judge_config;
mod judge_files;
mod kubeconfig;
mod lint;
mod missing;
mod offline;
mod recorded;
mod server;
mod simulated;
mod verify;
mod watching;

use std::sync::Arc;

use aviary_cli::{Env, Io, Paint, Target, run};
use jiff::Timestamp;
use server::Server;

/// When the commands run. A little later than the moment that `@T` stands for, as it was when they were recorded.
const NOW: &str = "2026-01-02T03:04:05.3Z";

/// What came of a command.
#[derive(Debug, PartialEq)]
struct Outcome {
    exit: u8,
    stdout: String,
    stderr: String,
}

/// The words of a command line.
fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The surroundings of a command that was called as `program`.
fn env(program: &str) -> Env {
    let now: Timestamp = NOW.parse().unwrap();
    Env { paint: Paint::Ansi, clock: Arc::new(move || now), ..Env::of_process(program) }
}

/// Runs a command line against the server.
async fn called(env: &Env, args: &[String], server: &Server) -> Outcome {
    called_with(env, args, server.client()).await
}

/// Runs a command line with a client of any server.
async fn called_with(env: &Env, args: &[String], client: kube::Client) -> Outcome {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut io = Io { out: &mut out, err: &mut err };
    let exit = run(args.iter().cloned(), env, &mut io, Target::Given(client)).await;
    Outcome { exit, stdout: String::from_utf8(out).unwrap(), stderr: String::from_utf8(err).unwrap() }
}
