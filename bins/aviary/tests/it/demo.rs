//! `aviary demo` as a child process.

use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::{Mutex, MutexGuard};

/// Longest time for one demo. The build under test is not optimized.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// How often a release is tried on a machine that is too busy for its latency to be judged.
pub(crate) const ATTEMPTS: usize = 3;

/// One demo at a time: latency is judged, and two of them would judge how busy the machine is.
static MACHINE: Mutex<()> = Mutex::const_new(());

/// To be held while a demo runs.
pub(crate) async fn machine() -> MutexGuard<'static, ()> {
    MACHINE.lock().await
}

/// `aviary demo` with these words and a load that an unoptimized build carries.
pub(crate) fn command(words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aviary"));
    command.args(["demo", "--rate", "40"]).args(words.split_whitespace());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// What came of it.
pub(crate) async fn run(words: &str) -> Output {
    let machine = machine().await;
    run_on(&machine, words).await
}

async fn run_on(_: &MutexGuard<'static, ()>, words: &str) -> Output {
    let child = command(words).spawn().unwrap();
    tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("the demo hangs").unwrap()
}

/// The document and the exit code; standard error is shown when there is no document. A machine that was too busy for
/// the demo, as the demo itself says, gets another chance.
pub(crate) async fn report(words: &str) -> (Value, i32) {
    let machine = machine().await;
    let mut last = report_on(&machine, words).await;
    for _ in 1..ATTEMPTS {
        if !last.0["releases"].as_array().unwrap().iter().any(was_only_slow) {
            break;
        }
        last = report_on(&machine, words).await;
    }
    last
}

/// Whether the machine was too busy, and nobody was failed who must not be: that is told at the first attempt.
fn was_only_slow(release: &Value) -> bool {
    let field = if release["expected"] == "promoted" { "clientErrors" } else { "clientErrorsElsewhere" };
    release["tooBusy"] == true
        && release["regions"].as_array().unwrap().iter().all(|region| region[field] == 0)
}

/// The same, for whom the machine is already.
pub(crate) async fn report_on(machine: &MutexGuard<'static, ()>, words: &str) -> (Value, i32) {
    let output = run_on(machine, &format!("-o json {words}")).await;
    let document = serde_json::from_slice(&output.stdout);
    let document =
        document.unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)));
    (document, output.status.code().unwrap())
}

/// The first of six ports that were free a moment ago.
pub(crate) fn free_ports() -> u16 {
    loop {
        let first = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if first < 65_000 && (first..first + 6).all(free) {
            return first;
        }
    }
}

/// Metrics that failed in whichever region.
pub(crate) fn failed_metrics(regions: &[Value]) -> Vec<&Value> {
    let runs = regions.iter().flat_map(|region| region["analyses"].as_array().unwrap());
    let metrics = runs.flat_map(|run| run["metrics"].as_array().unwrap());
    metrics.filter(|metric| metric["phase"] == "Failed").collect()
}

/// Whether the thresholds have measured in a region.
pub(crate) fn has_measured(region: &Value) -> bool {
    let runs = region["analyses"].as_array().unwrap().iter();
    let mut metrics = runs.flat_map(|run| run["metrics"].as_array().unwrap());
    metrics.any(|metric| !metric["values"].as_array().unwrap().is_empty())
}
