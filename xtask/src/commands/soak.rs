//! `cargo xtask soak`: schedules of releases through several regions, for as long as one likes.

use super::Command;
use crate::{Failure, shell};

pub(crate) const COMMAND: Command = Command {
    name: "soak",
    arguments: "[--schedules N] [--from SEED]",
    about: "play releases through 2 to 5 regions under faults, and look for a broken I12",
    run,
};

fn run(arguments: &[String]) -> Result<(), Failure> {
    let (mut count, mut from) = ("100000".to_owned(), "0".to_owned());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let value = words.next().filter(|value| value.parse::<u64>().is_ok());
        match (word.as_str(), value) {
            ("--schedules", Some(value)) => count.clone_from(value),
            ("--from", Some(value)) => from.clone_from(value),
            _ => return Err(Failure::new(format!("{word:?} is not understood"), "see `cargo xtask --help`")),
        }
    }
    let args = [
        "run",
        "--release",
        "--quiet",
        "--package",
        "aviary-regions",
        "--example",
        "soak",
        "--",
        &count,
        &from,
    ];
    shell::run(&mut shell::cargo(&args), "play the seed alone: `cargo xtask soak --schedules 1 --from SEED`")
}
