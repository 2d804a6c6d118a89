//! `cargo xtask wasm`: what has no clock, socket or thread compiles where there are none.

use super::{Command, no_arguments};
use crate::{Failure, shell, workspace};

pub(crate) const COMMAND: Command =
    Command { name: "wasm", arguments: "", about: "compile the pure crates for wasm32-unknown-unknown", run };

const TARGET: &str = "wasm32-unknown-unknown";

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    install_target()?;
    let packages = workspace::packages()?;
    let mut args = vec!["check", "--lib", "--locked", "--target", TARGET];
    for package in super::layers::PURE.iter().filter_map(|role| packages.get(*role)) {
        args.extend(["--package", &package.name]);
    }
    let repair = "a crate below the line gained a dependency or a call that needs an operating system: move it to an adapter";
    shell::run(&mut shell::cargo(&args), repair)
}

/// Only where rustup manages the toolchain; another installation either has the target or says so.
fn install_target() -> Result<(), Failure> {
    if !shell::installed("rustup") {
        return Ok(());
    }
    let mut list = std::process::Command::new("rustup");
    list.args(["target", "list", "--installed"]).current_dir(workspace::root());
    if shell::output(&mut list, "repair the rustup installation")?.lines().any(|line| line == TARGET) {
        return Ok(());
    }
    let mut add = std::process::Command::new("rustup");
    add.args(["target", "add", TARGET]).current_dir(workspace::root());
    shell::run(&mut add, "install the target by hand: `rustup target add wasm32-unknown-unknown`")
}
