//! Verification after the deployment, instead of at every step.

use super::release_pipeline::{asks, deploying};
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    let rollouts: Vec<_> = bundle.rollouts().collect();
    let canaries: Vec<_> = rollouts.iter().filter_map(|view| view.rollout.canary()).collect();
    let steps =
        canaries.iter().map(|canary| canary.steps.iter().filter(|step| step.set_weight.is_some()).count());
    let Some(weights) = steps.max().filter(|weights| *weights > 1) else { return };
    // A gate step verifies inside the release; then the pipeline may look as often as it likes.
    let gated = canaries.iter().flat_map(|canary| &canary.steps).any(|step| step.plugin.is_some());
    if gated {
        return;
    }
    for workflow in bundle.workflows.iter().filter(|workflow| !deploying(workflow).is_empty()) {
        for job in workflow.jobs() {
            let verifies = job.commands().iter().any(|(_, command)| asks(command));
            if !verifies || job.value.get("needs").is_none() {
                continue;
            }
            let message = format!(
                "the job `{}` verifies once, right after the deployment: the release has {weights} weights, and at all \
                 but the first nobody looks; what it finds stops no step",
                job.id
            );
            let remedy = "put a gate step (`plugin: {name: aviary/region-gate}`) after each pause in the Rollout: it \
                          holds every region until all are verified, and aborts all on failure";
            sink.anywhere(job.place(bundle), draft(message, remedy));
        }
    }
}
