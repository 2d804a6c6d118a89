//! `cargo xtask e2e`: the controller end to end, on the real control plane.

use super::Command;
use crate::{Failure, control_plane, shell};
use std::time::Instant;

pub(crate) const COMMAND: Command = Command {
    name: "e2e",
    arguments: "[part of a test's name]",
    about: "release on a real control plane, print each test with its seconds",
    run,
};

const TARGET: [&str; 4] = ["-p", "aviary-controller", "--test", "e2e"];

fn run(arguments: &[String]) -> Result<(), Failure> {
    control_plane::provide(false)?;
    let build = [&["test", "--locked", "--no-run"][..], &TARGET].concat();
    shell::run(&mut shell::cargo(&build), "mend what the compiler names")?;
    let words = TARGET.into_iter().chain(["--"]).map(str::to_owned).chain(arguments.iter().cloned());
    let begin = Instant::now();
    let totals = super::test::totals(&words.collect::<Vec<_>>())?;
    println!("{totals} in {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}
