//! `cargo xtask deny`: licences, bans and sources of everything that we link, by cargo-deny.

use super::{Command, no_arguments};
use crate::{Failure, shell};

pub(crate) const COMMAND: Command = Command {
    name: "deny",
    arguments: "",
    about: "check licences, bans, sources and advisories (cargo-deny)",
    run,
};

const VERSION: &str = "0.20.2";

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    if !shell::installed("cargo-deny") {
        // Unoptimised: it reads a lock file, and builds in half the time.
        let install = ["install", "--debug", "cargo-deny", "--locked", "--version", VERSION];
        shell::run(
            &mut shell::cargo(&install),
            "install cargo-deny by hand: `cargo install cargo-deny --locked`",
        )?;
    }
    check(&["bans", "licenses", "sources"])?;
    advisories()
}

fn check(what: &[&str]) -> Result<(), Failure> {
    let args = [&["deny", "--all-features", "--log-level", "error", "check"], what].concat();
    shell::run(
        &mut shell::cargo(&args),
        "replace the crate that is named, or add it to .deny.toml with the reason",
    )
}

/// The advisory database is a git repository; without a way to it the other checks still hold.
fn advisories() -> Result<(), Failure> {
    let mut fetch = shell::cargo(&["deny", "--log-level", "error", "fetch", "db"]);
    if shell::output(&mut fetch, "").is_ok() {
        return check(&["advisories"]);
    }
    println!("advisories not checked: the advisory database cannot be fetched from here");
    Ok(())
}
