//! The kinds of steps: one row, one file each (spec rollout-canary 5).

mod analysis;
mod experiment;
mod header_route;
mod mirror_route;
mod pause;
mod plugin;
mod set_canary_scale;
mod set_weight;

use crd::{Canary, CanaryStep};
use serde_json::Value;

use crate::plan::Plan;
use crate::validation::Found;

/// One kind of step.
pub(crate) trait Step: Sync {
    /// Whether the step has that member.
    fn selected(&self, step: &CanaryStep) -> bool;
    /// The step as events tell of it.
    fn describe(&self, step: &CanaryStep) -> String;
    /// Whether the step is done.
    fn completed(&self, plan: &Plan<'_>, index: i32, step: &CanaryStep) -> bool;
    /// Finds what is wrong with it; `at` is its path.
    fn check(&self, canary: &Canary, step: &CanaryStep, at: &str, found: &mut Found);
    /// A few different ones, as specs have them: what tests draw from. A new kind of step is so tested with the others.
    fn samples(&self) -> Vec<Value>;
    /// Finds what is right, and not carried out by this version.
    fn unsupported(&self, _step: &CanaryStep, _at: &str, _found: &mut Found) {}
}

/// In the order in which a step with several members is judged.
pub(crate) static STEPS: &[&dyn Step] = &[
    &pause::Pause,
    &set_canary_scale::SetCanaryScale,
    &set_weight::SetWeight,
    &experiment::Experiment,
    &analysis::Analysis,
    &header_route::HeaderRoute,
    &mirror_route::MirrorRoute,
    &plugin::Plugin,
];

/// Samples of every kind of step, as specs have them; some need traffic routing, or are not served.
///
/// ```
/// let steps = aviary_rollout::sample_steps();
/// assert!(steps.iter().any(|step| step.get("setWeight").is_some()));
/// ```
pub fn sample_steps() -> Vec<Value> {
    STEPS.iter().flat_map(|kind| kind.samples()).collect()
}

fn kind(step: &CanaryStep) -> Option<&'static dyn Step> {
    STEPS.iter().copied().find(|kind| kind.selected(step))
}

/// Whether the step is done.
pub(crate) fn completed(plan: &Plan<'_>, index: i32, step: &CanaryStep) -> bool {
    kind(step).is_some_and(|kind| kind.completed(plan, index, step))
}

/// The step as events tell of it.
pub(crate) fn describe(step: &CanaryStep) -> String {
    kind(step).map_or_else(|| "invalid".to_owned(), |kind| kind.describe(step))
}
