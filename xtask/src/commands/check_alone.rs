//! `cargo xtask check-alone`: every crate builds by itself, so that no crate lives off a feature which
//! another one switched on.

use super::Command;
use crate::{Failure, shell, workspace};

pub(crate) const COMMAND: Command =
    Command { name: "check-alone", arguments: "[package]", about: "check every crate by itself", run };

fn run(arguments: &[String]) -> Result<(), Failure> {
    let packages = workspace::packages()?;
    let mut findings = Vec::new();
    for package in packages.values().filter(|p| arguments.is_empty() || arguments.contains(&p.name)) {
        let args = ["check", "--package", &package.name, "--all-targets", "--locked"];
        if let Err(failure) = shell::run(&mut shell::cargo(&args), "") {
            findings.push(failure);
        }
    }
    let findings: Vec<String> =
        findings.iter().map(|f| f.to_string().lines().next().unwrap_or("").to_owned()).collect();
    Failure::unless_empty(
        &findings,
        "declare the missing feature or dependency in that crate's own Cargo.toml",
    )
}
