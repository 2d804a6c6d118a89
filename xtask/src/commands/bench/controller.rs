//! The controller on the real control plane: time, processor time, memory and requests, beside the floor that
//! Deployments set.

use super::{Bench, Measure, Wanted};
use crate::{Failure, control_plane, shell, workspace};

pub(super) const BENCH: Bench = Bench {
    name: "controller",
    about: "Rollouts of one pod each on the real control plane, made and updated all at once",
    measure: Measure::Report(measure),
};

/// The controller is built by itself, so that it has the features that it is shipped with.
const CONTROLLER: [&str; 6] = ["build", "--profile", "dist", "--locked", "-p", "aviary-controller"];
const LOAD: [&str; 8] =
    ["build", "--profile", "dist", "--locked", "-p", "aviary-cluster", "--example", "bench"];

fn measure(wanted: &Wanted<'_>) -> Result<String, Failure> {
    control_plane::provide(false)?;
    for build in [&CONTROLLER[..], &LOAD[..]] {
        shell::run(&mut shell::cargo(build), "mend what does not compile")?;
    }
    let dist = workspace::target_directory()?.join("dist");
    let mut bench = std::process::Command::new(dist.join("examples/bench"));
    bench.args(["--rollouts", wanted.rollouts, "--controller"]).arg(dist.join("aviary-controller"));
    eprintln!("$ {}", shell::line(&bench));
    bench.stderr(std::process::Stdio::inherit());
    shell::output(&mut bench, "run it again on a machine with less to do, or with fewer Rollouts")
}
