//! `analysis`: its run is Successful.

use crd::{AnalysisPhase, Canary, CanaryStep};
use serde_json::{Value, json};

use super::Step;
use crate::plan::Plan;
use crate::validation::Found;

pub(super) struct Analysis;

impl Step for Analysis {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.analysis.is_some()
    }

    fn describe(&self, _: &CanaryStep) -> String {
        "analysis".to_owned()
    }

    fn completed(&self, plan: &Plan<'_>, _: i32, _: &CanaryStep) -> bool {
        let run = plan.status.canary.current_step_analysis_run_status.as_ref();
        run.is_some_and(|run| run.status == Some(AnalysisPhase::Successful))
    }

    fn samples(&self) -> Vec<Value> {
        vec![json!({"analysis": {"templates": [{"templateName": "errors"}]}})]
    }

    fn check(&self, _: &Canary, _: &CanaryStep, _: &str, _: &mut Found) {}
}
