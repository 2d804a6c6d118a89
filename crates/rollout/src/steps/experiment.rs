//! `experiment`: recognised, and refused until Experiments are carried out.

use crd::{Canary, CanaryStep};

use super::Step;
use crate::plan::Plan;
use crate::validation::Problem;

pub(super) struct Experiment;

impl Step for Experiment {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.experiment.is_some()
    }

    fn describe(&self, _: &CanaryStep) -> String {
        "experiment".to_owned()
    }

    fn completed(&self, _: &Plan<'_>, _: i32, _: &CanaryStep) -> bool {
        false
    }

    fn check(&self, _: &Canary, _: &CanaryStep, at: &str) -> Result<(), Problem> {
        Err(Problem::forbidden(
            &format!("{at}.experiment"),
            "experiment steps are not supported yet; use an analysis step, or remove the step",
        ))
    }
}
