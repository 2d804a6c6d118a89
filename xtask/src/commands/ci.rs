//! `cargo xtask ci`: everything that must hold, in the order in which a failure is cheapest to learn.

use super::Command;
use crate::{Failure, shell};
use std::time::{Duration, Instant};

pub(crate) const COMMAND: Command =
    Command { name: "ci", arguments: "[--keep-going]", about: "run every check, as CI does", run };

/// The stages; each is a command that can be run alone, with its arguments.
const STAGES: &[&str] = &[
    "fmt",
    "layers",
    "tidy",
    "crds --check",
    "clippy",
    "wasm",
    "check-alone",
    "docs",
    "deny",
    "control-plane",
    "terraform",
    "test",
];

struct Stage {
    name: &'static str,
    took: Duration,
    failure: Option<Failure>,
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let keep_going = shell::in_ci() || arguments.iter().any(|word| word == "--keep-going");
    let mut done = Vec::new();
    for name in STAGES {
        let stage = stage(name)?;
        let failed = stage.failure.is_some();
        done.push(stage);
        if failed && !keep_going {
            break;
        }
    }
    summary(&done)
}

fn stage(name: &'static str) -> Result<Stage, Failure> {
    let mut words = name.split(' ').map(str::to_owned);
    let command = words.next().and_then(|name| super::named(&name)).ok_or_else(|| {
        Failure::new(format!("the stage `{name}` is no command"), "mend STAGES in xtask/src/commands/ci.rs")
    })?;
    println!("\n== cargo xtask {name}: {}", command.about);
    let start = Instant::now();
    let failure = (command.run)(&words.collect::<Vec<_>>()).err();
    let took = start.elapsed();
    if let Some(failure) = &failure {
        eprintln!("{failure}");
    }
    Ok(Stage { name, took, failure })
}

/// The table of stages last, and what failed once more, because it is what one scrolls to.
fn summary(done: &[Stage]) -> Result<(), Failure> {
    println!();
    for Stage { name, took, failure } in done {
        let verdict = if failure.is_some() { "FAILED" } else { "ok" };
        println!("{name:<14} {:>6.1} s  {verdict}", took.as_secs_f64());
    }
    let failed: Vec<&str> =
        done.iter().filter(|stage| stage.failure.is_some()).map(|stage| stage.name).collect();
    let Some(first) = failed.first() else {
        println!("all {} stages passed", done.len());
        return Ok(());
    };
    Err(Failure::new(
        format!("failed: {}", failed.join(", ")),
        format!("rerun one alone: `cargo xtask {first}`"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_a_command() {
        let command = |stage: &str| stage.split(' ').next().and_then(super::super::named);
        assert!(STAGES.iter().all(|stage| command(stage).is_some()));
    }
}
