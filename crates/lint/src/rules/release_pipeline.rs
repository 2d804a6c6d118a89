//! What the rules about pipelines share.

use crate::pipeline::{Job, Step, Workflow};
use crate::scan::Command;

/// Whether the command deploys a new version.
pub(super) fn deploys(command: &Command) -> bool {
    command.runs(&["helm", "upgrade"])
        || command.runs(&["helm", "install"])
        || command.runs(&["kubectl", "apply"])
        || rollouts_verb(command).is_some_and(|verb| verb == "set")
}

/// The verb of a call of the plugin, by either of its names.
pub(super) fn rollouts_verb(command: &Command) -> Option<String> {
    let words = command.plain();
    let (["kubectl", "argo", "rollouts", after @ ..]
    | ["kubectl", "aviary", after @ ..]
    | ["kubectl-argo-rollouts" | "kubectl-aviary" | "aviary", after @ ..]) = words.as_slice()
    else {
        return None;
    };
    after.iter().find(|word| !word.starts_with('-')).map(|word| (*word).to_owned())
}

/// Jobs that deploy.
pub(super) fn deploying(workflow: &Workflow) -> Vec<Job<'_>> {
    let jobs = workflow.jobs().into_iter();
    jobs.filter(|job| job.commands().iter().any(|(_, command)| deploys(command))).collect()
}

/// Whether the command asks an endpoint how it is.
pub(super) fn asks(command: &Command) -> bool {
    command.runs(&["curl"])
        || command.runs(&["wget"])
        || rollouts_verb(command).is_some_and(|verb| verb == "verify")
}

/// The address that the command asks, if it is written down.
pub(super) fn address(step: &Step<'_>, command: &Command) -> Option<String> {
    let text = step.expanded(&command.words.join(" "));
    let address = text.split_whitespace().find(|word| word.contains("://"))?;
    Some(address.to_owned())
}
