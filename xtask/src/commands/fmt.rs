//! `cargo xtask fmt`: the formatting is rustfmt's.

use super::{Command, no_arguments};
use crate::{Failure, shell};

pub(crate) const COMMAND: Command =
    Command { name: "fmt", arguments: "", about: "check the formatting of every crate", run };

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    shell::run(&mut shell::cargo(&["fmt", "--all", "--check"]), "run `cargo fmt --all`")
}
