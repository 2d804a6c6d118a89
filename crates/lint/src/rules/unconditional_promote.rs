//! Pipelines that promote right after they have deployed.

use super::release_pipeline::{deploys, rollouts_verb};
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for workflow in &bundle.workflows {
        for job in workflow.jobs() {
            let mut deployed = false;
            let mut looked = false;
            for (step, command) in job.commands() {
                deployed |= deploys(&command);
                looked |=
                    rollouts_verb(&command).is_some_and(|verb| ["status", "verify", "get"].contains(&&*verb));
                if rollouts_verb(&command).is_none_or(|verb| verb != "promote") {
                    continue;
                }
                if looked || !deployed && !step.condition().is_empty() {
                    continue;
                }
                let message = "this promotes without looking: it ends the first pause as soon as it begins, or, when \
                               the controller has not come to it yet, skips the first step altogether";
                let remedy = "remove it: timed pauses end by themselves, and analyses and gates decide; if a person is \
                              to decide, put it into a job with a protected `environment`";
                sink.anywhere(step.line(bundle, command.line), draft(message, remedy));
            }
        }
    }
}
