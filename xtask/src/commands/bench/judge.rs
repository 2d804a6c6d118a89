//! The judge: how often it errs and how long it takes, by simulation.

use super::{Bench, Measure, Wanted};
use crate::{Failure, shell};

pub(super) const BENCH: Bench = Bench {
    name: "judge",
    about: "verdicts of simulated releases: false aborts, delays, and what is aimed at (minutes; seconds with --quick)",
    measure: Measure::Report(measure),
};

fn measure(wanted: &Wanted<'_>) -> Result<String, Failure> {
    let mut args = vec!["run", "--profile", "dist", "--locked", "--quiet"];
    args.extend(["--package", "aviary-judge", "--example", "calibration", "--"]);
    args.extend(wanted.quick.then_some("--quick"));
    args.extend(wanted.plots.then_some("--plots"));
    let mut calibration = shell::cargo(&args);
    shell::report(&mut calibration, "see which aim is missed in the table of aims")
}
