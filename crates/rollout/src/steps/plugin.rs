//! `plugin`: its Run is over, and not badly.

use crd::{Canary, CanaryStep, PluginOperation, PluginPhase};

use super::Step;
use crate::plan::Plan;
use crate::plugins;
use crate::validation::Problem;

pub(super) struct Plugin;

impl Step for Plugin {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.plugin.is_some()
    }

    fn describe(&self, step: &CanaryStep) -> String {
        format!("plugin: {}", step.plugin.as_ref().map_or("", |plugin| plugin.name.as_str()))
    }

    fn completed(&self, plan: &Plan<'_>, index: i32, _: &CanaryStep) -> bool {
        plan.status.canary.step_plugin_statuses.iter().any(|status| {
            status.index == index
                && status.operation == PluginOperation::Run
                && status.phase == Some(PluginPhase::Successful)
        })
    }

    fn check(&self, _: &Canary, step: &CanaryStep, at: &str) -> Result<(), Problem> {
        let Some(plugin) = &step.plugin else { return Ok(()) };
        plugins::check(plugin, &format!("{at}.plugin"))
    }
}
