//! `cargo xtask clippy`: no warning of the compiler or of clippy, tests and examples included.

use super::{Command, no_arguments};
use crate::{Failure, shell};

pub(crate) const COMMAND: Command =
    Command { name: "clippy", arguments: "", about: "lint every target; warnings are errors", run };

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    let args = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    shell::run(&mut shell::cargo(&args), "mend what clippy names; an `allow` needs a reason beside it")
}
