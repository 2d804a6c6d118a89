//! `cargo xtask control-plane`: etcd, Kubernetes and kwok for the tests that compare us with the real thing.

use super::Command;
use crate::{Failure, control_plane, shell};

pub(crate) const COMMAND: Command = Command {
    name: "control-plane",
    arguments: "[--path] [--helm]",
    about: "provide the real Kubernetes programs (once), print their directory",
    run,
};

fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = arguments.iter().find(|word| !matches!(word.as_str(), "--path" | "--helm")) {
        return Err(Failure::new(
            format!("control-plane does not know `{unknown}`"),
            "see `cargo xtask --help`",
        ));
    }
    if arguments.iter().any(|word| word == "--path") {
        println!("{}", control_plane::directory().display());
        return Ok(());
    }
    // CI skips nothing, so it needs helm, actionlint, InfluxDB and the like, too.
    let with_checkers = shell::in_ci() || arguments.iter().any(|word| word == "--helm");
    let directory = control_plane::provide(with_checkers)?;
    println!("{}", directory.display());
    Ok(())
}
