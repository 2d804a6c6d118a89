//! What belongs to a template (spec experiment-01, Claiming).

use crd::{Experiment, ObjectMeta, names};

use super::plan::Plan;

/// Whether an object belongs to a template: the Experiment controls it, and its annotations name both.
pub(super) fn belongs(experiment: &Experiment, template: &str, object: &ObjectMeta) -> bool {
    is_controlled(experiment, object)
        && object.annotation(names::EXPERIMENT) == Some(&experiment.metadata.name)
        && super::template_of(object) == template
}

/// Whether the Experiment controls the object.
pub(super) fn is_controlled(experiment: &Experiment, object: &ObjectMeta) -> bool {
    object.controller().is_some_and(|owner| owner.uid == experiment.metadata.uid)
}

/// One template has one ReplicaSet.
pub(super) fn check(plan: &Plan<'_>) -> Result<(), String> {
    for template in &plan.experiment.spec.templates {
        let sets = plan.observed.replica_sets.iter();
        let theirs = sets.filter(|set| belongs(plan.experiment, &template.name, &set.metadata));
        if theirs.count() > 1 {
            return Err(format!("multiple ReplicaSets match single experiment template: {}", template.name));
        }
    }
    Ok(())
}
