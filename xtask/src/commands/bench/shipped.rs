//! The controller's binary as it is shipped, measured on the real control plane.

use crate::{Failure, control_plane, shell, workspace};

/// The controller is built by itself, so that it has the features that it is shipped with.
const CONTROLLER: [&str; 6] = ["build", "--profile", "dist", "--locked", "-p", "aviary-controller"];
const LOAD: [&str; 8] =
    ["build", "--profile", "dist", "--locked", "-p", "aviary-cluster", "--example", "bench"];

/// Builds both, and gives what the load says of the controller.
pub(super) fn measure(words: &[&str]) -> Result<String, Failure> {
    control_plane::provide(false)?;
    for build in [&CONTROLLER[..], &LOAD[..]] {
        shell::run(&mut shell::cargo(build), "mend what does not compile")?;
    }
    let dist = workspace::target_directory()?.join("dist");
    let mut bench = std::process::Command::new(dist.join("examples/bench"));
    bench.args(words).arg("--controller").arg(dist.join("aviary-controller"));
    shell::report(&mut bench, "run it again on a machine with less to do, or with fewer objects")
}
