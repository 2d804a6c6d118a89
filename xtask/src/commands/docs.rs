//! `cargo xtask docs`: the documentation builds, and every link in it leads somewhere.

use super::{Command, no_arguments};
use crate::{Failure, shell};

pub(crate) const COMMAND: Command =
    Command { name: "docs", arguments: "", about: "build the documentation; broken links are errors", run };

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    let mut cargo = shell::cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    shell::run(&mut cargo, "mend the link or the passage that rustdoc names")
}
