//! `setWeight`: the pods for the weight are there, and the split was seen (I1).

use crd::{Canary, CanaryStep};
use serde_json::{Value, json};

use super::Step;
use crate::plan::{Plan, Split};
use crate::replicas::reached;
use crate::validation::{Found, Problem};
use crate::weights;

pub(super) struct SetWeight;

impl Step for SetWeight {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.set_weight.is_some()
    }

    fn describe(&self, step: &CanaryStep) -> String {
        format!("setWeight: {}", step.set_weight.unwrap_or_default())
    }

    fn completed(&self, plan: &Plan<'_>, _: i32, _: &CanaryStep) -> bool {
        plan.split == Split::Trusted && reached(plan, plan.status.canary.weights.as_ref())
    }

    fn samples(&self) -> Vec<Value> {
        [5, 20, 50, 80, 100].map(|weight| json!({"setWeight": weight})).into()
    }

    fn check(&self, canary: &Canary, step: &CanaryStep, at: &str, found: &mut Found) {
        let (weight, max) = (step.set_weight.unwrap_or_default(), weights::max(canary));
        if !(0..=max).contains(&weight) {
            found.push(Problem::invalid(
                &format!("{at}.setWeight"),
                &weight.to_string(),
                &format!("SetWeight needs to be between 0 and {max}"),
            ));
        }
    }
}
