//! `experiment`: recognised, checked, and refused until Experiments are carried out.

use crd::{Canary, CanaryStep, TrafficRouting};
use serde_json::{Value, json};

use super::Step;
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

    fn completed(&self, _: &Plan<'_>, _: i32, _: &CanaryStep) -> bool {
        false
    }

    fn samples(&self) -> Vec<Value> {
        vec![json!({"experiment": {"templates": [{"name": "new", "specRef": "canary"}]}})]
    }

    fn check(&self, canary: &Canary, step: &CanaryStep, at: &str, found: &mut Found) {
        let Some(experiment) = &step.experiment else { return };
        let templates = experiment.0.get("templates").and_then(Value::as_array);
        for (index, template) in templates.into_iter().flatten().enumerate() {
            let Some(weight) = template.get("weight").filter(|weight| !weight.is_null()) else { continue };
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

    fn unsupported(&self, _: &CanaryStep, at: &str, found: &mut Found) {
        found.push(Problem::forbidden(
            &format!("{at}.experiment"),
            "experiment steps are not supported yet; use an analysis step, or remove the step",
        ));
    }
}

/// Whether one of the routers can give a part of the traffic to neither canary nor stable.
fn splits_three_ways(routing: &TrafficRouting) -> bool {
    ["smi", "alb", "istio"].iter().any(|name| routing.routers.contains_key(*name))
        || !routing.plugins.is_empty()
}
