//! `cargo xtask soak`: schedules of releases under faults, for as long as one likes.

use super::Command;
use crate::{Failure, shell};

pub(crate) const COMMAND: Command = Command {
    name: "soak",
    arguments: "[--of rollouts|regions] [--schedules N] [--from SEED]",
    about: "play releases under faults: rollouts (I1 to I5, I7) and through regions (I12); a failure is shrunk to a scenario file",
    run,
};

/// What is played, and the package and its example that play it.
const PLAYED: [(&str, &str, &str); 2] =
    [("rollouts", "aviary-sim", "schedules"), ("regions", "aviary-regions", "soak")];

fn run(arguments: &[String]) -> Result<(), Failure> {
    let (mut count, mut from, mut of) = ("100000".to_owned(), "0".to_owned(), None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let value = words.next();
        let number = value.filter(|value| value.parse::<u64>().is_ok());
        let known = value.filter(|value| PLAYED.iter().any(|(name, ..)| name == value));
        match (word.as_str(), number, known) {
            ("--schedules", Some(value), _) => count.clone_from(value),
            ("--from", Some(value), _) => from.clone_from(value),
            ("--of", _, Some(value)) => of = Some(value.clone()),
            _ => return Err(Failure::new(format!("{word:?} is not understood"), "see `cargo xtask --help`")),
        }
    }
    for (name, package, example) in
        PLAYED.iter().filter(|(name, ..)| of.as_deref().is_none_or(|of| of == *name))
    {
        let args =
            ["run", "--release", "--quiet", "--package", package, "--example", example, "--", &count, &from];
        let again = format!("play the seed alone: `cargo xtask soak --of {name} --schedules 1 --from SEED`");
        shell::run(&mut shell::cargo(&args), &again)?;
    }
    Ok(())
}
