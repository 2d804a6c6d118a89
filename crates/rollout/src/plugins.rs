//! Plugin steps that are built in: one row each.

use crd::{PluginStep, Time};

use crate::gate;
use crate::observed::Observed;
use crate::plan::Plan;
use crate::validation::{Problem, quoted};

/// A plugin step that is built in.
pub(crate) trait Builtin: Sync {
    /// Its name in `steps[].plugin.name`.
    fn name(&self) -> &'static str;
    /// What is wrong with its configuration, if anything; `at` is the path of the step's `plugin`.
    fn check(&self, plugin: &PluginStep, at: &str) -> Result<(), Problem>;
    /// What it says now: it is the current step, and has been since `begun`.
    fn run(&self, plan: &mut Plan<'_>, index: i32, plugin: &PluginStep, begun: Time) -> Answer;
    /// Looks out while an update is still on its way to the step; an error gives the update up.
    fn watch(&self, plan: &mut Plan<'_>, index: i32, plugin: &PluginStep) -> Result<(), String>;
}

/// What a plugin says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) phase: crd::PluginPhase,
    pub(crate) message: String,
    /// What it wants to remember until the next pass; null is nothing.
    pub(crate) memory: serde_json::Value,
}

impl Answer {
    /// With nothing to remember.
    pub(crate) fn new(phase: crd::PluginPhase, message: String) -> Self {
        Self { phase, message, memory: serde_json::Value::Null }
    }
}

/// Every plugin step there is.
pub(crate) static PLUGINS: &[&dyn Builtin] = &[&gate::RegionGate];

/// Whether a plugin of this name is built in, whichever sort of plugin it is.
pub fn serves_plugin(name: &str) -> bool {
    find(name).is_some() || traffic::ROUTERS.iter().any(|router| router.serves().contains(&name))
}

pub(crate) fn find(name: &str) -> Option<&'static dyn Builtin> {
    PLUGINS.iter().copied().find(|plugin| plugin.name() == name)
}

/// Whether the controller's configuration has the plugin's steps passed over.
pub(crate) fn is_disabled(observed: &Observed, plugin: &PluginStep) -> bool {
    observed.settings.disabled_plugins.contains(&plugin.name)
}

/// Whether the plugin exists and its configuration can be read.
pub(crate) fn check(plugin: &PluginStep, at: &str) -> Result<(), Problem> {
    if let Some(known) = find(&plugin.name) {
        return known.check(plugin, at);
    }
    let known: Vec<String> = PLUGINS.iter().map(|plugin| quoted(plugin.name())).collect();
    Err(Problem::unsupported(&format!("{at}.name"), &quoted(&plugin.name), &known.join(", ")))
}
