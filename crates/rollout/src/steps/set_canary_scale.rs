//! `setCanaryScale`: the pods are there.

use crd::{Canary, CanaryStep};
use serde_json::{Value, json};

use super::Step;
use crate::plan::Plan;
use crate::replicas::reached;
use crate::validation::{Found, Problem};

pub(super) struct SetCanaryScale;

impl Step for SetCanaryScale {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.set_canary_scale.is_some()
    }

    fn describe(&self, step: &CanaryStep) -> String {
        let what = match &step.set_canary_scale {
            Some(crd::SetCanaryScale { weight: Some(weight), .. }) => format!("weight: {weight}"),
            Some(crd::SetCanaryScale { match_traffic_weight: true, .. }) => {
                "matchTrafficWeight: true".to_owned()
            }
            Some(crd::SetCanaryScale { replicas: Some(replicas), .. }) => format!("replicas: {replicas}"),
            _ => return "invalid".to_owned(),
        };
        format!("setCanaryScale{{{what}}}")
    }

    fn completed(&self, plan: &Plan<'_>, _: i32, _: &CanaryStep) -> bool {
        reached(plan, plan.status.canary.weights.as_ref())
    }

    fn samples(&self) -> Vec<Value> {
        vec![
            json!({"setCanaryScale": {"replicas": 2}}),
            json!({"setCanaryScale": {"weight": 50}}),
            json!({"setCanaryScale": {"matchTrafficWeight": true}}),
        ]
    }

    fn check(&self, canary: &Canary, _: &CanaryStep, _: &str, found: &mut Found) {
        if canary.traffic_routing.is_none() {
            found.push(Problem::required(
                "spec.strategy.trafficRouting",
                "SetCanaryScale requires TrafficRouting to be set",
            ));
        }
    }
}
