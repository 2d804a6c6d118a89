//! Pipelines whose failure leaves the canary where it is.

use super::release_pipeline::{deploying, rollouts_verb};
use crate::bundle::Bundle;
use crate::pipeline::Workflow;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    if bundle.rollouts().next().is_none() {
        return;
    }
    for workflow in &bundle.workflows {
        let jobs = deploying(workflow);
        let Some(job) = jobs.first() else { continue };
        if aborts(workflow) {
            continue;
        }
        let message = "no job aborts the release when one fails: the pipeline turns red and the canary goes on, step by \
                       step; what is left is `undo` by hand, a new release through all steps that Helm does not know of";
        let remedy = "add a job with `if: failure()` that runs `kubectl argo rollouts abort` in every region: all \
                      traffic is at stable again within seconds";
        sink.anywhere(job.place(bundle), draft(message, remedy));
    }
}

fn aborts(workflow: &Workflow) -> bool {
    let jobs = workflow.jobs();
    jobs.iter().any(|job| {
        job.commands().iter().any(|(_, command)| rollouts_verb(command).is_some_and(|verb| verb == "abort"))
    })
}
