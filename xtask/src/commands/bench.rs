//! `cargo xtask bench`: the measurements that the README quotes, each an example of the crate it measures.

use super::Command;
use crate::{Failure, shell};

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    arguments: "[core|sim|rating|controller]",
    about: "measure, in release, and print a table",
    run,
};

/// A measurement: its name, and the example that prints it.
const BENCHES: &[(&str, &str, &str)] = &[];

fn run(arguments: &[String]) -> Result<(), Failure> {
    for (name, package, example) in BENCHES {
        if arguments.is_empty() || arguments.iter().any(|word| word == name) {
            let args = ["run", "--release", "--locked", "--package", package, "--example", example];
            shell::run(&mut shell::cargo(&args), "run it alone and read its message")?;
        }
    }
    Ok(())
}
