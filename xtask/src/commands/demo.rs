//! `cargo xtask demo`: the README's first command, as a check.

use super::{Command, no_arguments};
use crate::{Failure, shell};

pub(crate) const COMMAND: Command = Command {
    name: "demo",
    arguments: "",
    about: "release a good version with the release build of the demo",
    run,
};

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    let args = ["run", "--release", "--locked", "--", "demo", "--release", "good", "-o", "json"];
    shell::run(&mut shell::cargo(&args), "run `cargo run --release -- demo` and read where it stops")
}
