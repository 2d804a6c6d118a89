//! The controller on the real control plane: time, processor time, memory and requests, beside the floor that
//! Deployments set.

use super::{Bench, Measure, Wanted, shipped};
use crate::Failure;

pub(super) const BENCH: Bench = Bench {
    name: "controller",
    about: "Rollouts of one pod each on the real control plane, made and updated all at once",
    measure: Measure::Report(measure),
};

fn measure(wanted: &Wanted<'_>) -> Result<String, Failure> {
    shipped::measure(&["rollouts", "--rollouts", wanted.rollouts])
}
