//! Whether an Experiment can be carried out at all (spec experiment-01 3).

use std::collections::BTreeSet;

use crd::Experiment;

/// Seconds that a template may take to become available when the spec does not say.
pub(super) const DEFAULT_DEADLINE: i32 = 600;

/// The first thing that is wrong.
pub(super) fn problem(experiment: &Experiment) -> Option<String> {
    let spec = &experiment.spec;
    let name = &experiment.metadata.name;
    let deadline = spec.progress_deadline_seconds.unwrap_or(DEFAULT_DEADLINE);
    let mut seen = BTreeSet::new();
    for (index, template) in spec.templates.iter().enumerate() {
        match &template.selector {
            None => return Some(format!("Rollout has missing field '.Spec.Templates[{index}].Selector'")),
            Some(selector) if selector.is_empty() => {
                return Some(format!(
                    "This experiment is selecting all pods at index {index}. A non-empty selector is required."
                ));
            }
            Some(_) => {}
        }
        if template.min_ready_seconds > deadline {
            let text = "MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index";
            return Some(format!("{text} {index}"));
        }
        if template.name.is_empty() {
            return Some(format!("Experiment {name} has empty template name at index {index}"));
        }
        if !seen.insert(&template.name) {
            return Some(format!(
                "Experiment {name} has repeated template name '{}' in templates",
                template.name
            ));
        }
    }
    None
}
