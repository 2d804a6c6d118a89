//! `experiment`: its Experiment is Successful.

use crd::{Canary, CanaryStep, TrafficRouting};
use serde_json::{Value, json};

use super::Step;
use crate::phases::experiments;
use crate::plan::Plan;
use crate::validation::{Found, Problem};

pub(super) struct Experiment;

impl Step for Experiment {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.experiment.is_some()
    }

    fn describe(&self, _: &CanaryStep) -> String {
        "experiment".to_owned()
    }

    fn completed(&self, plan: &Plan<'_>, _: i32, _: &CanaryStep) -> bool {
        experiments::is_successful(plan)
    }

    fn samples(&self) -> Vec<Value> {
        vec![json!({"experiment": {"templates": [{"name": "new", "specRef": "canary"}]}})]
    }

    fn check(&self, canary: &Canary, step: &CanaryStep, at: &str, found: &mut Found) {
        let Some(experiment) = &step.experiment else { return };
        for (index, template) in experiment.templates.iter().enumerate() {
            let Some(weight) = template.weight else { continue };
            let detail = match &canary.traffic_routing {
                None => "Experiment template weight cannot be set unless TrafficRouting is enabled",
                Some(routing) if !splits_three_ways(routing) => {
                    "Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and \
                     Plugins at this time"
                }
                Some(_) => continue,
            };
            let field = format!("{at}.experiment.templates[{index}].weight");
            found.push(Problem::invalid(&field, &weight.to_string(), detail));
        }
    }
}

/// Whether one of the routers can give a part of the traffic to neither canary nor stable.
fn splits_three_ways(routing: &TrafficRouting) -> bool {
    ["smi", "alb", "istio"].iter().any(|name| routing.routers.contains_key(*name))
        || !routing.plugins.is_empty()
}
