//! Makes the directory of programs complete: takes what is there, links what fits, builds the rest.

use super::program::{CHECKERS, PROGRAMS, Program};
use crate::{Failure, shell, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Provides every program and returns their directory. Safe to call again; prints what it does.
pub(crate) fn provide(with_checkers: bool) -> Result<PathBuf, Failure> {
    let directory = super::directory();
    std::fs::create_dir_all(&directory).map_err(|error| {
        Failure::new(
            format!("cannot create {}: {error}", directory.display()),
            "set AVIARY_CONTROL_PLANE to a writable directory",
        )
    })?;
    let checkers = if with_checkers { CHECKERS } else { &[] };
    for program in PROGRAMS.iter().chain(checkers) {
        one(program, &directory)?;
    }
    Ok(directory)
}

fn one(program: &Program, directory: &Path) -> Result<(), Failure> {
    let target = directory.join(program.name);
    if target.is_file() {
        eprintln!("{:<24} {} present", program.name, program.version);
        return Ok(());
    }
    if let Some(found) = elsewhere(program) {
        eprintln!("{:<24} taken from {}", program.name, found.display());
        return std::os::unix::fs::symlink(&found, &target).map_err(|error| {
            Failure::new(
                format!("cannot link {}: {error}", target.display()),
                "remove the file and run this again",
            )
        });
    }
    eprintln!("{:<24} {} building from {}", program.name, program.version, program.package);
    build(program, &target)
}

/// A program of a version that fits, in `$KUBEBUILDER_ASSETS` or on PATH.
fn elsewhere(program: &Program) -> Option<PathBuf> {
    let (args, expected) = program.identity?;
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(|dir| PathBuf::from(dir).join(program.name));
    let candidates = assets.into_iter().chain(shell::find(program.name));
    candidates.into_iter().find(|file| {
        let said = Command::new(file).args(args).output();
        said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(expected))
    })
}

/// Builds beside the target and renames, so that an interrupted build leaves no half program.
fn build(program: &Program, target: &Path) -> Result<(), Failure> {
    let partial = target.with_extension("partial");
    let mut go = Command::new("go");
    go.args([
        "build",
        "-mod=readonly",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        &linker_flags(program),
        "-o",
    ])
    .arg(&partial)
    .arg(program.package)
    .current_dir(workspace::root().join("xtask/control-plane").join(program.module))
    .env("CGO_ENABLED", "0")
    .env_remove("GOFLAGS");
    shell::run(
        &mut go,
        "install Go 1.26 or newer (https://go.dev/dl) with access to a Go module proxy, then run `cargo xtask control-plane`",
    )?;
    std::fs::rename(&partial, target).map_err(|error| {
        Failure::new(
            format!("cannot place {}: {error}", target.display()),
            "check the directory's permissions",
        )
    })
}

/// Kubernetes' programs learn their version from the linker; without it clients refuse their skew.
fn linker_flags(program: &Program) -> String {
    if program.module != "kubernetes" {
        return "-s -w".to_owned();
    }
    let (major, rest) = program.version.split_once('.').unwrap_or((program.version, "0"));
    let minor = rest.split('.').next().unwrap_or("0");
    let package = "k8s.io/component-base/version";
    format!(
        "-s -w -X {package}.gitVersion=v{} -X {package}.gitMajor={major} -X {package}.gitMinor={minor} \
         -X {package}.gitTreeState=clean",
        program.version
    )
}
