//! `plugin`: its Run is over, and not badly.

use crd::{Canary, CanaryStep, PluginOperation, PluginPhase};
use serde_json::{Value, json};

use super::Step;
use crate::plan::Plan;
use crate::plugins;
use crate::validation::Found;

pub(super) struct Plugin;

impl Step for Plugin {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.plugin.is_some()
    }

    fn describe(&self, step: &CanaryStep) -> String {
        format!("plugin: {}", step.plugin.as_ref().map_or("", |plugin| plugin.name.as_str()))
    }

    fn completed(&self, plan: &Plan<'_>, index: i32, step: &CanaryStep) -> bool {
        let disabled = step.plugin.as_ref().is_some_and(|plugin| plugins::is_disabled(plan.observed, plugin));
        let over = plan.status.canary.step_plugin_statuses.iter().any(|status| {
            status.index == index
                && status.operation == PluginOperation::Run
                && status.phase == Some(PluginPhase::Successful)
        });
        disabled || over
    }

    fn samples(&self) -> Vec<Value> {
        vec![json!({"plugin": {"name": "aviary/region-gate", "config": {
            "group": "shop", "mode": "barrier", "regions": ["here", "there"], "timeout": "10m",
        }}})]
    }

    fn check(&self, _: &Canary, _: &CanaryStep, _: &str, _: &mut Found) {}

    fn unsupported(&self, step: &CanaryStep, at: &str, found: &mut Found) {
        let Some(plugin) = &step.plugin else { return };
        found.extend(plugins::check(plugin, &format!("{at}.plugin")).err());
    }
}
